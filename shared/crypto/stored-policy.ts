import * as v from 'valibot';
import { StoreError } from '#domain/errors.ts';
import type { PublishedPolicy } from '#domain/organization.ts';
import type { PolicyDocument } from '#domain/policy-document.ts';
import { canonicalJson, derivedId, fingerprint, sha256Hex } from './identifiers.ts';

/** What a policy is called wherever it is stored: the SHA-256 of its canonical JSON, hex. Another text has another name. */
export function policyName(document: PolicyDocument): string {
  return fingerprint(document);
}

/** A policy as it is stored under its name: its canonical JSON. */
export function policyBytes(document: PolicyDocument): Uint8Array {
  return new TextEncoder().encode(canonicalJson(document));
}

/**
 * The policy that was stored under a name. Its tests were read when it was published, and are not read again.
 * @throws StoreError `object-damaged` if these are other bytes than were stored
 */
export function readStoredPolicy(name: string, bytes: Uint8Array): PolicyDocument {
  if (sha256Hex(bytes) !== name) throw new StoreError('object-damaged', { why: 'The policy was changed.' });
  const document: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (isPolicy(document)) return document;
  throw new StoreError('object-damaged', { why: 'What is stored as a policy is none.' });
}

function isPolicy(value: unknown): value is PolicyDocument {
  if (typeof value !== 'object' || value === null || !('cedar' in value && 'tests' in value)) return false;
  return typeof value.cedar === 'string' && Array.isArray(value.tests);
}

/**
 * A version in the history of an organization's policy, and the one before it. Of settings, from before policies were written in Cedar,
 * neither time nor author was kept.
 */
export interface PolicyVersion
  extends Pick<PublishedPolicy, 'version' | 'document'>,
    Partial<Pick<PublishedPolicy, 'publishedAt' | 'proposedBy' | 'approvedBy'>> {
  /** Absent for the first. */
  before?: string;
  /** What the one before is stored as; absent where it is called by its version alone. */
  beforeId?: string;
}

/**
 * What a version is stored as. It names the decision, to the moment: so whoever publishes always has a name of their own, and what
 * somebody stored and did not publish is in nobody's way.
 */
export function policyVersionId({
  version,
  document,
  publishedAt = '',
  proposedBy = '',
  approvedBy = '',
}: PolicyVersion): string {
  return derivedId('pol', version, document, publishedAt, proposedBy, approvedBy);
}

const text = v.pipe(v.string(), v.nonEmpty());
const policyVersionSchema = v.object({
  version: text,
  document: text,
  publishedAt: v.exactOptional(text),
  proposedBy: v.exactOptional(text),
  approvedBy: v.exactOptional(text),
  before: v.exactOptional(text),
  beforeId: v.exactOptional(text),
});

/** A version of a policy as it is stored. */
export function policyVersionBytes(version: PolicyVersion): Uint8Array {
  return new TextEncoder().encode(canonicalJson(version));
}

/** @throws StoreError `object-damaged` if it is none */
export function readPolicyVersion(bytes: Uint8Array): PolicyVersion {
  const schema = v.pipe(v.string(), v.parseJson(), policyVersionSchema);
  const read = v.safeParse(schema, new TextDecoder().decode(bytes));
  if (read.success) return read.output;
  throw new StoreError('object-damaged', { why: 'What is stored as the version of a policy is none.' });
}
