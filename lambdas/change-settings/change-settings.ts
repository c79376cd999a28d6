import * as v from 'valibot';
import { administering } from '#contract/api/roles.ts';
import { noPolicy, retentionDays, text } from '#contract/fields.ts';
import { parse } from '#contract/parse.ts';
import { StateError } from '#domain/errors.ts';
import { type Organization, type OrganizationChange, retentionDaysOf } from '#domain/organization.ts';
import type { Principal } from '#domain/principal.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';
import { updateOrganization } from '#steps/update-organization.ts';

const settingsSchema = v.strictObject({
  // It stands in every CSR (RFC 5280 appendix A, ub-organization-name).
  name: v.optional(text(1, 64)),
  contact: v.optional(text(1, 128)),
  retentionDays: v.optional(retentionDays),
  policy: v.optional(noPolicy),
});
type Settings = v.InferOutput<typeof settingsSchema>;

export interface SettingsChange {
  /** Name, contact, retentionDays: any of them; what is left out stays. Not yet read. */
  settings: unknown;
  /** The version of the organization that the settings were decided from. */
  expectedVersion: number;
  requestId: string;
}

/**
 * Changes the settings of an administrator's organization. What is as it was changes nothing. A retention is that of backups made from
 * then on. Its policy is no setting: no administrator changes it alone. A change is recorded before it counts.
 * @returns the organization as it is now
 * @throws AccessError `not-permitted`; InputError `invalid-input` for a field, or for a policy; StateError `precondition-failed` if the organization has another version, `version-conflict`; SetUpError
 *   `not-set-up`; StoreError `store-unavailable`
 */
export async function changeSettings(
  dependencies: Pick<Dependencies, 'registry' | 'ledger'>,
  principal: Principal,
  { settings, expectedVersion, requestId }: SettingsChange,
): Promise<Organization> {
  const act = actOf('change-settings', principal, { requestId });
  return await recorded(dependencies, act, async (recordNow) => {
    requireRole(principal, administering);
    const wanted = parse(settingsSchema, settings);
    const change = (current: Organization) => {
      if (current.version !== expectedVersion) throw new StateError('precondition-failed');
      return changeOf(current, wanted);
    };
    return await updateOrganization(dependencies, principal.organization, change, recordNow);
  });
}

function changeOf(current: Organization, wanted: Settings): OrganizationChange | undefined {
  const now = { ...current, retentionDays: retentionDaysOf(current) };
  const { name = now.name, contact = now.contact, retentionDays: days = now.retentionDays } = wanted;
  const next = { name, contact, retentionDays: days };
  const fields = (['name', 'contact', 'retentionDays'] as const).filter(
    (field) => next[field] !== now[field],
  );
  if (fields.length === 0) return undefined;
  return { ...next, events: [{ name: 'OrganizationSettingsChanged', data: { fields } }] };
}
