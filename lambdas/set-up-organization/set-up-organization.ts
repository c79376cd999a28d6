import * as v from 'valibot';
import { identifier, retentionDays, text } from '#contract/fields.ts';
import { parse } from '#contract/parse.ts';
import { policyDocumentSchema } from '#contract/policy-document.ts';
import { parseRecoveryKey, recoveryKeyThumbprint } from '#crypto/sealing.ts';
import { AccessError, StateError } from '#domain/errors.ts';
import { type Organization, usualRetentionDays } from '#domain/organization.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import type { Principal } from '#domain/principal.ts';
import { checkPolicy } from '#policy/check.ts';
import { refusalOf } from '#policy/finding.ts';
import { generalPolicy } from '#policy/general-policy.ts';
import { adoptReceiptKey } from '#steps/adopt-receipt-key.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { writeOrLook } from '#steps/may-stand.ts';
import { storePolicy, storePolicyVersion } from '#steps/policy-versions.ts';
import { recorded } from '#steps/record.ts';

const setUpSchema = v.strictObject({
  // It stands in every CSR (RFC 5280 appendix A, ub-organization-name).
  name: text(1, 64),
  contact: text(1, 128),
  recoveryKey: v.unknown(),
  policy: v.optional(policyDocumentSchema),
  retentionDays: v.optional(retentionDays, usualRetentionDays),
});

/** The name by which all that is the organization's is kept apart: in vault names, event sources, key contexts. */
const nameSchema = v.strictObject({ organization: identifier });

/** What must be known of an organization before it can enroll anyone. */
export interface OrganizationSetUp {
  name: string;
  contact: string;
  /** The public half of the recovery key, as `escrow recovery init` prints it. */
  recoveryKey: unknown;
  /** The general policy if absent. */
  policy?: unknown;
  /** How long escrowed backups are locked, in days; 1,095 if absent. */
  retentionDays?: number | undefined;
}

/**
 * Sets up the organization of an administrator; it is recorded before it stands. Again, with the same keys, it is success and changes nothing, so that it may
 * be repeated after a crash. Its first policy takes one administrator only: there is nothing yet that it could be turned against.
 * @param requestId absent where no request asked for it
 * @throws AccessError `not-permitted`; InputError `invalid-input` for a field, or for all that is wrong with the policy, by file, line
 *   and column; `recipient-key-invalid` if the recovery key is none; StateError `already-exists` if the organization has another recovery key; ProviderError `key-not-found` if the
 *   provider is not the one that it was set up with; StoreError `store-unavailable`
 */
export async function setUpOrganization(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'ledger' | 'keys' | 'clock'>,
  principal: Principal,
  setUp: OrganizationSetUp,
  requestId?: string,
): Promise<Organization> {
  const { organization, subject } = principal;
  const action = 'set-up-organization';
  const asked = requestId === undefined ? {} : { requestId };
  return await recorded(
    dependencies,
    { action, organization, principal: subject, ...asked },
    async (recordNow) => {
      if (!principal.roles.includes('administrator')) throw new AccessError('not-permitted');
      parse(nameSchema, { organization });
      const { name, contact, policy, retentionDays } = parse(setUpSchema, setUp);
      const publicKey = parseRecoveryKey(setUp.recoveryKey);
      const recoveryKey = { ...publicKey, kid: await recoveryKeyThumbprint(publicKey) };
      const existing = await dependencies.registry.read('organization', organization, 'organization');
      if (existing !== undefined) {
        checkRecoveryKey(existing, recoveryKey.kid);
        return await adoptReceiptKey(dependencies, existing, recordNow);
      }
      const { kid: receiptKeyId } = await dependencies.keys.receiptKey();
      const document = await storePolicy(dependencies, organization, await goodPolicy(policy));
      const publishedAt = dependencies.clock.now().toISOString();
      const publication = { document, publishedAt, proposedBy: subject };
      const record: Organization = {
        type: 'organization',
        organization,
        id: 'organization',
        version: 1,
        name,
        contact,
        custody: dependencies.keys.custody,
        receiptKeyId,
        recoveryKey,
        policy: await storePolicyVersion(dependencies, organization, publication),
        retentionDays,
        events: [],
      };
      await recordNow();
      const { registry } = dependencies;
      await writeOrLook(registry, record, () => registry.create(record));
      return record;
    },
  );
}

/** The one that this software brings is a good one, and need not be checked. */
async function goodPolicy(policy: PolicyDocument | undefined): Promise<PolicyDocument> {
  if (policy === undefined) return await generalPolicy();
  const findings = await checkPolicy(policy);
  if (findings.length > 0) throw refusalOf(findings);
  return policy;
}

function checkRecoveryKey(existing: Organization, recoveryKeyId: string): void {
  if (existing.recoveryKey.kid === recoveryKeyId) return;
  throw new StateError('already-exists', {
    why: 'The organization is set up with another recovery key.',
    next: 'Use that key, or another data folder.',
  });
}
