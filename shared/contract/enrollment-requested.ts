import * as v from 'valibot';
import { canaryOrganization, canaryRequest } from '#domain/canary.ts';
import { type KeySpec, keySpecNames, parseKeySpec } from '#domain/key-spec.ts';
import { assurances, purposes } from '#domain/purpose.ts';
import {
  emailAddress,
  identifier,
  namesFit,
  namesTooLong,
  oneOf,
  subscriberIdentifier,
  text,
} from './fields.ts';
import { parse } from './parse.ts';

export const subscriberSchema = v.pipe(
  v.strictObject({
    id: subscriberIdentifier,
    /** Empty for a device. */
    givenName: text(0, 64),
    familyName: text(1, 64),
    email: emailAddress,
  }),
  v.forward(v.partialCheck([['givenName'], ['familyName']], namesFit, namesTooLong), ['familyName']),
);

/** A key spec by name; whether it is known, and strong enough, `parseKeySpec` tells with a code of its own. */
export const keySpecName = v.pipe(
  v.string(),
  v.maxLength(32, 'is longer than 32 characters|Name a key spec.'),
  v.description(`One of ${keySpecNames.join(', ')}.`),
);

/**
 * Data of `EnrollmentRequested`: the one event that comes from outside, one certificate request each. It is the request
 * itself, so it carries what the request needs; everything that the service sends carries references only.
 */
export const enrollmentRequestedSchema = v.strictObject({
  organization: identifier,
  /** The same key with the same content is the same request; with other content it is refused. */
  idempotencyKey: v.pipe(
    v.string(),
    v.nonEmpty('is empty|Send one key for each request.'),
    v.maxLength(128, 'is longer than 128 characters|Shorten it.'),
  ),
  subscriber: subscriberSchema,
  purpose: oneOf(purposes),
  keySpec: keySpecName,
  assurance: oneOf(assurances),
  /** How the subscriber's lock is made; `password` if absent, `recipient` if a recipient key is given. */
  lock: v.optional(oneOf(['password', 'recipient', 'held'])),
  /** A public JWK that the locked key is encrypted to. */
  recipientKey: v.optional(v.record(v.string(), v.unknown())),
});

export type EnrollmentRequest = Omit<v.InferOutput<typeof enrollmentRequestedSchema>, 'keySpec'> & {
  keySpec: KeySpec;
};

/**
 * The service's own request: its organization is none that a token, or a sender over HTTP, can be of. Whoever may put events on the
 * bus itself can put the same there, and no other.
 */
const canaryRequestedSchema = v.strictObject({
  ...enrollmentRequestedSchema.entries,
  organization: v.literal(canaryOrganization),
  idempotencyKey: v.pipe(v.string(), v.regex(/^canary-\d{4}-\d\d-\d\d$/)),
  purpose: v.literal(canaryRequest.purpose),
  keySpec: v.literal(canaryRequest.keySpec),
  assurance: v.literal(canaryRequest.assurance),
  lock: v.optional(v.literal('recipient')),
});

function isOfCanary(data: unknown): boolean {
  return v.is(v.object({ organization: v.literal(canaryOrganization) }), data);
}

/** What a request asks for, whatever it calls itself. */
export type RequestedEnrollment = Omit<EnrollmentRequest, 'idempotencyKey'>;

const { idempotencyKey: _its, ...asked } = enrollmentRequestedSchema.entries;
const requestedEnrollmentSchema = v.strictObject(asked);

/**
 * Reads what a dry run asks about: a request without its idempotency key.
 * @throws InputError `invalid-input`, `key-spec-below-floor`
 */
export function parseRequestedEnrollment(data: unknown): RequestedEnrollment {
  const request = parse(requestedEnrollmentSchema, data);
  return { ...request, keySpec: parseKeySpec(request.keySpec) };
}

/**
 * Reads the data of an `EnrollmentRequested` event.
 * @throws InputError `invalid-input`, `key-spec-below-floor`
 */
export function parseEnrollmentRequest(data: unknown): EnrollmentRequest {
  const request = parse(isOfCanary(data) ? canaryRequestedSchema : enrollmentRequestedSchema, data);
  return { ...request, keySpec: parseKeySpec(request.keySpec) };
}

/** Members of a JSON Web Key that are secret (RFC 7518 sections 6.2.2, 6.3.2 and 6.4). */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * Whether data are a request and nothing besides: no field that is unknown or malformed, and no private key where a public one
 * belongs. In what is not, a secret may stand.
 */
export function isPlainRequest(data: unknown): boolean {
  const read = v.safeParse(isOfCanary(data) ? canaryRequestedSchema : enrollmentRequestedSchema, data);
  if (!read.success) return false;
  return Object.keys(read.output.recipientKey ?? {}).every((member) => !secretMembers.includes(member));
}
