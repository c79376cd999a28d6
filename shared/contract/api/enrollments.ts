import * as v from 'valibot';
import type { Enrollment } from '#domain/enrollment.ts';
import { enrollmentStates } from '#domain/enrollment.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { lockKinds } from '#domain/policy.ts';
import { assurances, custodies, purposeNames, purposes } from '#domain/purpose.ts';
import { enrollmentRequestedSchema } from '../enrollment-requested.ts';
import { oneOf, subscriberIdentifier } from '../fields.ts';
import { cursor, enrollmentParams, errorCode, moment, pageSize, sha256 } from './fields.ts';
import { problemSchema } from './problem.ts';
import { looking, requesting } from './roles.ts';
import { route } from './route.ts';

const { organization: _inTheToken, idempotencyKey, ...requested } = enrollmentRequestedSchema.entries;

/** One certificate request; organization and idempotency key come with the token and the header. */
export const enrollmentBody = v.strictObject(requested);

/** One of several requests, with a key of its own: so the same list sent again changes nothing. */
const batchItem = v.strictObject({ idempotencyKey, ...requested });

/** What is wrong with one request is told in its own result, so that it does not stop the others. */
const anyItem = v.union([batchItem, v.record(v.string(), v.unknown())]);

/** Most requests in one batch. */
export const largestBatch = 100;

const refusal = v.object({
  code: errorCode,
  reason: v.string(),
  contact: v.string(),
  rules: v.array(v.string()),
  /** The signed refusal. */
  receiptId: v.string(),
});

/** An enrollment as callers see it. It holds no secret, and nothing that would open one. */
export const enrollmentView = v.object({
  id: v.string(),
  state: v.picklist(enrollmentStates),
  requestedAt: moment,
  subscriber: v.object({
    id: v.string(),
    givenName: v.string(),
    familyName: v.string(),
    email: v.string(),
  }),
  purpose: v.picklist(purposes),
  label: v.string(),
  keySpec: v.picklist(keySpecNames),
  assurance: v.picklist(assurances),
  custody: v.picklist(custodies),
  exportable: v.boolean(),
  escrow: v.picklist(['required', 'forbidden']),
  lock: v.picklist(lockKinds),
  policy: v.object({ version: v.string(), rules: v.array(v.string()) }),
  /** Wrong passwords: in a row, and in the life of the enrollment. */
  wrongPasswords: v.object({ inARow: v.number(), inLife: v.number() }),
  key: v.optional(v.object({ spkiSha256: sha256, csrSha256: sha256 })),
  /** How many escrowed backups are active. */
  backups: v.number(),
  /** How many subscriber copies were exported. */
  exports: v.number(),
  refusal: v.optional(refusal),
  /** Since when, and by which policy, a key that was made without escrow is to have it. */
  escrowDue: v.optional(
    v.object({ since: moment, policy: v.object({ version: v.string(), rules: v.array(v.string()) }) }),
  ),
});
export type EnrollmentView = v.InferOutput<typeof enrollmentView>;

/** What callers see of an enrollment. */
export function viewOf(enrollment: Enrollment): EnrollmentView {
  const { id, state, requestedAt, purpose, keySpec, assurance, custody, exportable, escrow, lock } =
    enrollment;
  const { subscriber, policy, tries, key, refusal: refused, escrowDue } = enrollment;
  return {
    id,
    state,
    requestedAt,
    subscriber: {
      id: subscriber.id,
      givenName: subscriber.givenName,
      familyName: subscriber.familyName,
      email: subscriber.email,
    },
    purpose,
    label: purposeNames[purpose].label,
    keySpec,
    assurance,
    custody,
    exportable,
    escrow,
    lock,
    policy: { version: policy.version, rules: [...policy.rules] },
    wrongPasswords: { inARow: tries.inARow, inLife: tries.inLife },
    ...(key !== undefined && { key: { spkiSha256: key.spkiSha256, csrSha256: key.csrSha256 } }),
    backups: enrollment.backups.filter((backup) => backup.state === 'active').length,
    exports: enrollment.exports,
    ...(refused !== undefined && { refusal: { ...refused, rules: [...refused.rules] } }),
    ...(escrowDue !== undefined && {
      escrowDue: {
        since: escrowDue.since,
        policy: { ...escrowDue.policy, rules: [...escrowDue.policy.rules] },
      },
    }),
  };
}

const tag = 'Enrollments';

export const requestEnrollment = route({
  method: 'POST',
  path: '/v1/enrollments',
  tag,
  summary: 'Request one certificate: its enrollment is taken, or refused by policy with the reason.',
  roles: requesting,
  rate: 'write',
  body: { schema: enrollmentBody, largest: 16_384 },
  answer: {
    status: 201,
    description: 'The enrollment, also where policy refused it: its state and refusal say so.',
    schema: enrollmentView,
    headers: { Location: 'Where the enrollment is.' },
  },
  codes: ['not-set-up', 'key-spec-below-floor', 'recipient-key-invalid', 'provider-misconfigured'],
});

export const requestEnrollments = route({
  method: 'POST',
  path: '/v1/enrollment-batches',
  tag,
  summary: 'Request up to 100 certificates at once; each is taken or refused by itself.',
  roles: requesting,
  rate: 'write',
  body: {
    schema: v.strictObject({
      requests: v.pipe(
        v.array(anyItem),
        v.minLength(1, 'is empty|Send at least one request.'),
        v.maxLength(largestBatch, 'has more than 100 requests|Send several batches.'),
      ),
    }),
    largest: 1_048_576,
    items: 'requests',
  },
  answer: {
    status: 200,
    description: 'One result for each request, in their order: an enrollment, or the problem it met.',
    schema: v.object({
      results: v.array(
        v.union([v.object({ enrollment: enrollmentView }), v.object({ problem: problemSchema })]),
      ),
    }),
  },
  codes: ['not-set-up', 'provider-misconfigured'],
});

export const planEnrollment = route({
  method: 'POST',
  path: '/v1/enrollment-plans',
  tag,
  summary: 'Ask what policy would decide of a request. Nothing is kept.',
  roles: requesting,
  rate: 'write',
  repeats: 'freely',
  body: { schema: enrollmentBody, largest: 16_384 },
  answer: {
    status: 200,
    description: 'What would become of the request.',
    schema: v.object({
      state: v.picklist(enrollmentStates),
      exportable: v.boolean(),
      escrow: v.picklist(['required', 'forbidden']),
      lock: v.picklist(lockKinds),
      policy: v.object({ version: v.string(), rules: v.array(v.string()) }),
      /** Why the request, or a later export of its key, would be refused. */
      refusal: v.optional(v.omit(refusal, ['receiptId'])),
    }),
  },
  codes: ['not-set-up', 'key-spec-below-floor', 'recipient-key-invalid', 'provider-misconfigured'],
});

export const listEnrollments = route({
  method: 'GET',
  path: '/v1/enrollments',
  tag,
  summary: 'List enrollments by pages; a subscriber lists the own ones.',
  roles: looking,
  rate: 'read',
  query: v.strictObject({
    subscriberId: v.optional(subscriberIdentifier),
    state: v.optional(oneOf(enrollmentStates)),
    purpose: v.optional(oneOf(purposes)),
    /** Those alone whose key has no escrow that policy has required since it was made. */
    escrowDue: v.optional(oneOf(['true'])),
    limit: pageSize,
    cursor: v.optional(cursor),
  }),
  answer: {
    status: 200,
    description: 'A page of enrollments in the order of their ids; with a cursor where there may be more.',
    schema: v.object({ enrollments: v.array(enrollmentView), cursor: v.optional(v.string()) }),
  },
});

export const showEnrollment = route({
  method: 'GET',
  path: '/v1/enrollments/{enrollmentId}',
  tag,
  summary: 'Show one enrollment.',
  roles: looking,
  rate: 'read',
  params: enrollmentParams,
  answer: { status: 200, description: 'The enrollment.', schema: enrollmentView },
  codes: ['not-found'],
});
