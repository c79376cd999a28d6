import * as v from 'valibot';
import { isSettings, type Organization, retentionDaysOf } from '#domain/organization.ts';
import { custodies } from '#domain/purpose.ts';
import { noPolicy, retentionDays, text } from '../fields.ts';
import { policyDocumentSchema } from '../policy-document.ts';
import { administering, following } from './roles.ts';
import { route } from './route.ts';

const publicKey = v.record(v.string(), v.unknown());

/** Which policy decides, and whose decision that was. */
const policyView = v.object({
  version: v.string(),
  /** The SHA-256 of the document, which names it; absent of an organization that was set up before policies were written in Cedar. */
  document: v.optional(v.string()),
  publishedAt: v.optional(v.string()),
  proposedBy: v.optional(v.string()),
  approvedBy: v.optional(v.string()),
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
  /** How long an escrowed backup is locked, in days. */
  retentionDays: v.number(),
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
    policy: isSettings(policy) ? { version: policy.version } : { ...policy },
    retentionDays: retentionDaysOf(organization),
  };
}

const tag = 'Organization';
const largest = 65_536;
/** Text and tests of a policy at their largest, escaped as JSON. */
const largestWithPolicy = 524_288;
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
      policy: v.optional(policyDocumentSchema),
      retentionDays: v.optional(retentionDays),
    }),
    largest: largestWithPolicy,
  },
  answer: { status: 200, description: 'The organization.', schema: organizationView, headers },
  codes: ['recipient-key-invalid', 'already-exists', 'key-not-found'],
});

export const changeSettings = route({
  method: 'PATCH',
  path: '/v1/organization',
  tag,
  summary: 'Change name, contact or retention, if nobody changed them since (If-Match).',
  roles: administering,
  rate: 'write',
  body: {
    schema: v.strictObject({
      name: v.optional(text(1, 64)),
      contact: v.optional(text(1, 128)),
      retentionDays: v.optional(retentionDays),
      policy: v.optional(noPolicy),
    }),
    largest,
  },
  answer: { status: 200, description: 'The organization as it is now.', schema: organizationView, headers },
  codes: ['not-set-up', 'precondition-failed'],
});
