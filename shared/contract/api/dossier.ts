import * as v from 'valibot';
import { enrollmentStates } from '#domain/enrollment.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { lockKinds } from '#domain/policy.ts';
import { assurances, custodies, purposes } from '#domain/purpose.ts';
import { enrollmentParams, errorCode, moment, sha256 } from './fields.ts';
import { auditing } from './roles.ts';
import { route } from './route.ts';

const text = v.string();
const policy = v.object({ version: text, rules: v.array(text) });
const act = {
  /** The id of the entry that it is taken from. */
  entry: text,
  time: moment,
  principal: text,
  outcome: v.picklist(['done', 'refused', 'failed']),
  code: v.optional(text),
};

/** What the dossier of an enrollment says. What is signed, and how it is verified, is in docs/dossier.md. */
export const dossierView = v.object({
  organization: text,
  enrollmentId: text,
  time: moment,
  build: text,
  state: v.picklist(enrollmentStates),
  request: v.object({
    requestedAt: moment,
    sha256,
    subscriber: v.object({ id: text, givenName: text, familyName: text, email: text }),
    purpose: v.picklist(purposes),
    keySpec: v.picklist(keySpecNames),
    assurance: v.picklist(assurances),
    /** The public JWK that the request named. */
    recipientKey: v.optional(v.record(text, text)),
  }),
  decided: v.object({
    policy,
    refusal: v.nullable(
      v.object({ code: errorCode, reason: text, contact: text, rules: v.array(text), receiptId: text }),
    ),
  }),
  decisions: v.array(v.object({ ...act, action: text, policy })),
  key: v.object({
    label: text,
    custody: v.picklist(custodies),
    exportable: v.boolean(),
    escrow: v.picklist(['required', 'forbidden']),
    lock: v.picklist(lockKinds),
    spkiSha256: v.nullable(sha256),
    csrSha256: v.nullable(sha256),
    /** PEM (RFC 7468). */
    csr: v.nullable(text),
    /** Null where nothing is due. */
    escrowDue: v.nullable(v.object({ since: moment, policy })),
  }),
  backups: v.array(
    v.object({
      id: text,
      profile: v.picklist(pfxProfiles),
      objectVersion: text,
      pfxSha256: sha256,
      retainUntil: moment,
      receiptId: text,
    }),
  ),
  /** Each a compact JWS. */
  receipts: v.array(v.object({ id: text, jws: text })),
  missingReceipts: v.array(text),
  exports: v.array(
    v.object({
      ...act,
      profile: v.optional(text),
      policy: v.optional(policy),
      receiptId: v.optional(text),
      takenBackBy: v.optional(text),
    }),
  ),
  passwords: v.array(
    v.object({ ...act, action: text, receiptId: v.optional(text), takenBackBy: v.optional(text) }),
  ),
  notices: v.array(v.object({ id: text, time: moment, subject: text, text })),
  earlierNotices: v.boolean(),
  ledger: v.object({
    /** The exact text of each, and the path from it to the root (RFC 9162 section 2.1.3.1). */
    entries: v.array(v.object({ line: text, path: v.nullable(v.array(sha256)) })),
    complete: v.boolean(),
    /** Compact JWS. */
    checkpoint: v.nullable(text),
    /** RFC 9162 section 2.1.4; null where nobody asked, or the ledger is not as long. */
    consistency: v.nullable(v.object({ treeSize: v.number(), path: v.array(sha256) })),
  }),
  policies: v.array(
    v.object({
      version: text,
      document: sha256,
      publishedAt: moment,
      proposedBy: text,
      approvedBy: v.optional(text),
      cedar: text,
      tests: v.array(v.record(text, v.unknown())),
    }),
  ),
  missingPolicies: v.array(text),
  keySet: v.object({ use: text, keys: v.array(v.record(text, text)) }),
});

/** Text, since it stands in a query. */
const treeSize = v.pipe(
  text,
  v.regex(/^[1-9]\d{0,14}$/, 'is not the tree size of a checkpoint|Send a whole number, 1 or more.'),
  v.transform(Number),
);

export const readDossier = route({
  method: 'GET',
  path: '/v1/enrollments/{enrollmentId}/dossier',
  tag: 'Ledger',
  summary:
    'Take the dossier of an enrollment: all that an auditor needs of one key, signed. A subscriber takes that of the own one. With the tree size of a checkpoint that was kept as `since`, it has the proof that the ledger continues that one. Keep it as it is, byte for byte: any other spelling is refused when it is verified.',
  roles: ['subscriber', ...auditing],
  // Each entry of it is proved.
  rate: 'costly',
  params: enrollmentParams,
  query: v.strictObject({ since: v.optional(treeSize) }),
  answer: {
    status: 200,
    description: 'The dossier, and a compact JWS of its SHA-256, signed by a key of /.well-known/jwks.json.',
    media: ['application/json'],
    schema: v.object({ dossier: dossierView, signature: text }),
  },
  codes: ['not-found', 'object-damaged', 'proof-failed', 'provider-unavailable', 'provider-misconfigured'],
});
