import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { administering } from '#contract/api/roles.ts';
import { text } from '#contract/fields.ts';
import { parse } from '#contract/parse.ts';
import { policySettingsSchema } from '#contract/policy-settings.ts';
import { InputError, StateError } from '#domain/errors.ts';
import type { Organization, OrganizationChange } from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';
import { updateOrganization } from '#steps/update-organization.ts';

const settingsSchema = v.strictObject({
  // It stands in every CSR (RFC 5280 appendix A, ub-organization-name).
  name: v.optional(text(1, 64)),
  contact: v.optional(text(1, 128)),
  policy: v.optional(policySettingsSchema),
});
type Settings = v.InferOutput<typeof settingsSchema>;

export interface SettingsChange {
  /** Name, contact, policy: any of them; what is left out stays. Not yet read. */
  settings: unknown;
  /** The version of the organization that the settings were decided from. */
  expectedVersion: number;
  requestId: string;
}

/**
 * Changes the settings of an administrator's organization. A policy concerns what is decided from then on, and nothing that was
 * decided before; the floors hold whatever it says. What is as it was changes nothing.
 * @returns the organization as it is now
 * @throws AccessError `not-permitted`; InputError `invalid-input` for a field, or for another policy under the version of the
 *   present one; StateError `precondition-failed` if the organization has another version, `version-conflict`; SetUpError
 *   `not-set-up`; StoreError `store-unavailable`
 */
export async function changeSettings(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  principal: Principal,
  { settings, expectedVersion, requestId }: SettingsChange,
): Promise<Organization> {
  const act = actOf('change-settings', principal, { requestId });
  return await recorded(dependencies, act, async () => {
    requireRole(principal, administering);
    const wanted = parse(settingsSchema, settings);
    return await updateOrganization(dependencies, principal.organization, (current) => {
      if (current.version !== expectedVersion) throw new StateError('precondition-failed');
      return changeOf(current, wanted);
    });
  });
}

function changeOf(current: Organization, wanted: Settings): OrganizationChange | undefined {
  const { name = current.name, contact = current.contact, policy = current.policy } = wanted;
  const next = { name, contact, policy };
  const fields = (['name', 'contact', 'policy'] as const).filter(
    (field) => !isDeepStrictEqual(next[field], current[field]),
  );
  if (fields.length === 0) return undefined;
  if (fields.includes('policy')) checkOwnVersion(current, next);
  return { ...next, events: [{ name: 'OrganizationSettingsChanged', data: { fields } }] };
}

/** Decisions and receipts name a policy by its version: it must not mean two things. */
function checkOwnVersion(current: Organization, { policy }: Pick<Organization, 'policy'>): void {
  if (policy.version !== current.policy.version) return;
  throw new InputError('invalid-input', {
    field: 'policy.version',
    why: 'is that of the present policy, which says other things',
    next: 'Give the changed policy a version of its own.',
  });
}
