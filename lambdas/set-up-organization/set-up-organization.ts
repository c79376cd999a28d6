import * as v from 'valibot';
import { identifier, text } from '#contract/fields.ts';
import { parse } from '#contract/parse.ts';
import { policySettingsSchema } from '#contract/policy-settings.ts';
import { parseRecoveryKey, recoveryKeyThumbprint } from '#crypto/sealing.ts';
import { AccessError, StateError } from '#domain/errors.ts';
import type { Organization, PolicySettings } from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { checkReceiptKey } from '#steps/load.ts';
import { recorded } from '#steps/record.ts';

const setUpSchema = v.strictObject({
  // It stands in every CSR (RFC 5280 appendix A, ub-organization-name).
  name: text(1, 64),
  contact: text(1, 128),
  recoveryKey: v.unknown(),
  policy: policySettingsSchema,
});

/** The name by which all that is the organization's is kept apart: in vault names, event sources, key contexts. */
const nameSchema = v.strictObject({ organization: identifier });

/** What must be known of an organization before it can enroll anyone. */
export interface OrganizationSetUp {
  name: string;
  contact: string;
  /** The public half of the recovery key, as `escrow recovery init` prints it. */
  recoveryKey: unknown;
  policy: PolicySettings;
}

/**
 * Sets up the organization of an administrator. Again, with the same keys, it is success and changes nothing, so that it may
 * be repeated after a crash.
 * @param requestId absent where no request asked for it
 * @throws AccessError `not-permitted`; InputError `invalid-input` for a field, `recipient-key-invalid` if the recovery key is
 *   none; StateError `already-exists` if the organization has another recovery key; ProviderError `key-not-found` if the
 *   provider is not the one that it was set up with; StoreError `store-unavailable`
 */
export async function setUpOrganization(
  dependencies: Pick<Dependencies, 'registry' | 'ledger' | 'keys'>,
  principal: Principal,
  setUp: OrganizationSetUp,
  requestId?: string,
): Promise<Organization> {
  const { organization, subject } = principal;
  const action = 'set-up-organization';
  const asked = requestId === undefined ? {} : { requestId };
  return await recorded(dependencies, { action, organization, principal: subject, ...asked }, async () => {
    if (!principal.roles.includes('administrator')) throw new AccessError('not-permitted');
    parse(nameSchema, { organization });
    const { name, contact, policy } = parse(setUpSchema, setUp);
    const publicKey = parseRecoveryKey(setUp.recoveryKey);
    const recoveryKey = { ...publicKey, kid: await recoveryKeyThumbprint(publicKey) };
    const existing = await dependencies.registry.read('organization', organization, 'organization');
    const { kid: receiptKeyId } = await dependencies.keys.receiptKey();
    if (existing !== undefined) return sameSetUp(existing, recoveryKey.kid, receiptKeyId);
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
      policy,
      events: [],
    };
    await dependencies.registry.create(record);
    return record;
  });
}

/** The organization as it stands, if both keys that everything hangs on are still the same. */
function sameSetUp(existing: Organization, recoveryKeyId: string, receiptKeyId: string): Organization {
  if (existing.recoveryKey.kid !== recoveryKeyId) {
    throw new StateError('already-exists', {
      why: 'The organization is set up with another recovery key.',
      next: 'Use that key, or another data folder.',
    });
  }
  checkReceiptKey(existing, receiptKeyId);
  return existing;
}
