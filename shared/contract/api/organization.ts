import * as v from 'valibot';
import type { Organization } from '#domain/organization.ts';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { custodies } from '#domain/purpose.ts';
import { text } from '../fields.ts';
import { policySettingsSchema } from '../policy-settings.ts';
import { administering, following } from './roles.ts';
import { route } from './route.ts';

const publicKey = v.record(v.string(), v.unknown());

const byAssurance = v.object({
  medium: v.boolean(),
  'medium-token': v.boolean(),
  'medium-hardware': v.boolean(),
});

const policyView = v.object({
  version: v.string(),
  exportable: v.object({ identity: byAssurance, encryption: byAssurance }),
  escrow: v.object({ identity: v.boolean(), encryption: v.boolean() }),
  profiles: v.array(v.picklist(pfxProfiles)),
  heldAllowed: v.boolean(),
  passwordRules: v.object({ minimumLength: v.number(), maximumLength: v.number() }),
  retentionDays: v.number(),
});

export const organizationView = v.object({
  id: v.string(),
  /** Counts changes; the `ETag` says it too. */
  version: v.number(),
  name: v.string(),
  contact: v.string(),
  custody: v.picklist(custodies),
  receiptKeyId: v.string(),
  recoveryKey: publicKey,
  policy: policyView,
});
export type OrganizationView = v.InferOutput<typeof organizationView>;

/** What callers see of an organization. */
export function organizationViewOf(organization: Organization): OrganizationView {
  const {
    organization: id,
    version,
    name,
    contact,
    custody,
    receiptKeyId,
    recoveryKey,
    policy,
  } = organization;
  return {
    id,
    version,
    name,
    contact,
    custody,
    receiptKeyId,
    recoveryKey: { ...recoveryKey },
    policy: { ...policy, profiles: [...policy.profiles] },
  };
}

const tag = 'Organization';
const largest = 65_536;
const headers = { ETag: 'The version, for If-Match.' };

export const showOrganization = route({
  method: 'GET',
  path: '/v1/organization',
  tag,
  summary: 'Show how the organization is set up.',
  roles: following,
  rate: 'read',
  answer: { status: 200, description: 'The organization.', schema: organizationView, headers },
  codes: ['not-set-up'],
});

export const setUpOrganization = route({
  method: 'PUT',
  path: '/v1/organization',
  tag,
  summary: 'Set up the organization of the token. Again, with the same keys, it changes nothing.',
  roles: administering,
  rate: 'write',
  body: {
    schema: v.strictObject({
      name: text(1, 64),
      contact: text(1, 128),
      recoveryKey: publicKey,
      policy: policySettingsSchema,
    }),
    largest,
  },
  answer: { status: 200, description: 'The organization.', schema: organizationView, headers },
  codes: ['recipient-key-invalid', 'already-exists', 'key-not-found'],
});

export const changeSettings = route({
  method: 'PATCH',
  path: '/v1/organization',
  tag,
  summary: 'Change name, contact or policy, if nobody changed them since (If-Match).',
  roles: administering,
  rate: 'write',
  body: {
    schema: v.strictObject({
      name: v.optional(text(1, 64)),
      contact: v.optional(text(1, 128)),
      policy: v.optional(policySettingsSchema),
    }),
    largest,
  },
  answer: { status: 200, description: 'The organization as it is now.', schema: organizationView, headers },
  codes: ['not-set-up', 'precondition-failed'],
});
