import * as v from 'valibot';
import { enrollmentStates } from '#domain/enrollment.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { lockKinds } from '#domain/policy.ts';
import { assurances, custodies, purposes } from '#domain/purpose.ts';
import { isTime } from '../ledger/line.ts';

const text = v.string();
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(300));
const time = v.pipe(v.string(), v.check(isTime));
const moment = v.pipe(v.string(), v.isoTimestamp());
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
/** Not yet looked at: whether it is a statement of the service, its verification says. */
const jws = v.pipe(v.string(), v.maxLength(65_536));
const policy = v.object({ version: name, rules: v.array(name) });

/** What an entry of the ledger says; more than this version knows may stand there. */
export const entrySchema = v.object({
  action: name,
  organization: text,
  principal: text,
  outcome: v.picklist(['done', 'refused', 'failed']),
  code: v.optional(name),
  about: v.optional(v.array(text)),
  enrollmentId: v.optional(name),
  profile: v.optional(name),
  requestId: v.optional(text),
  where: v.optional(name),
  policy: v.optional(policy),
  receiptId: v.optional(name),
  takesBack: v.optional(name),
});
export type DossierEntry = v.InferOutput<typeof entrySchema>;

const act = {
  /** The id of the entry that it is taken from. */
  entry: name,
  time,
  principal: text,
  outcome: v.picklist(['done', 'refused', 'failed']),
  code: v.optional(name),
};

/** The entry that says that it was not done after all. */
const takenBackBy = v.optional(name);

/** What policy was asked of the enrollment, as an entry has it. */
const decision = v.object({ ...act, action: name, policy });

/** A copy that the subscriber took, or was not given, as an entry has it. */
const exported = v.object({
  ...act,
  profile: v.optional(name),
  policy: v.optional(policy),
  receiptId: v.optional(name),
  takenBackBy,
});

/** A password that the subscriber set or changed, or could not, as an entry has it. */
const passwordSet = v.object({
  ...act,
  action: name,
  receiptId: v.optional(name),
  takenBackBy,
});

/** All that is known of one enrollment, for whoever audits it. No secret, and nothing that would open one. */
export const dossierSchema = v.object({
  organization: name,
  enrollmentId: name,
  /** When it was made: ISO 8601 in UTC with milliseconds. */
  time,
  /** The build of the service that made it. */
  build: name,
  state: v.picklist(enrollmentStates),
  /** What was asked for. */
  request: v.object({
    requestedAt: moment,
    /** SHA-256 of the request's canonical JSON, hex. */
    sha256,
    subscriber: v.object({ id: name, givenName: text, familyName: text, email: text }),
    purpose: v.picklist(purposes),
    keySpec: v.picklist(keySpecNames),
    assurance: v.picklist(assurances),
    /** The public JWK that the key is locked to, where the request named one. */
    recipientKey: v.optional(v.record(v.string(), v.string())),
  }),
  /** What policy said of the request when it was taken, and why it refused it or will refuse its export. */
  decided: v.object({
    policy,
    refusal: v.nullable(
      v.object({ code: name, reason: text, contact: text, rules: v.array(name), receiptId: name }),
    ),
  }),
  /** Each time policy was asked, by the entries that name it. */
  decisions: v.array(decision),
  /** What the key is, or is to be; null where it is not made. */
  key: v.object({
    label: name,
    custody: v.picklist(custodies),
    exportable: v.boolean(),
    escrow: v.picklist(['required', 'forbidden']),
    lock: v.picklist(lockKinds),
    spkiSha256: v.nullable(sha256),
    csrSha256: v.nullable(sha256),
    /** PEM (RFC 7468) of PKCS#10. */
    csr: v.nullable(text),
    /** Since when, and by which policy, a key that was made without escrow is to have it; null where nothing is due. */
    escrowDue: v.nullable(v.object({ since: moment, policy })),
  }),
  /** Escrowed backups that count. */
  backups: v.array(
    v.object({
      id: name,
      profile: name,
      objectVersion: name,
      pfxSha256: sha256,
      retainUntil: moment,
      receiptId: name,
    }),
  ),
  /** Receipts as they are stored: of backups, of copies, of refusals. */
  receipts: v.array(v.object({ id: name, jws })),
  /** Receipts that entries name and that are not stored, or do not count: what was to have them was taken back, or not finished. */
  missingReceipts: v.array(name),
  exports: v.array(exported),
  passwords: v.array(passwordSet),
  /** What the subscriber was told of this enrollment, oldest first. */
  notices: v.array(v.object({ id: name, time, subject: text, text })),
  /** Whether there were earlier ones, too many for one dossier. */
  earlierNotices: v.boolean(),
  ledger: v.object({
    /** Those of the enrollment, oldest first; `path` is the inclusion proof (RFC 9162 section 2.1.3), null while not sealed. */
    entries: v.array(v.object({ line: text, path: v.nullable(v.array(sha256)) })),
    /** Whether these are all that there were. */
    complete: v.boolean(),
    /** The newest one, compact JWS; null while nothing is sealed. */
    checkpoint: v.nullable(jws),
    /**
     * That the ledger of this checkpoint begins with the first `treeSize` entries of an earlier one (RFC 9162 section 2.1.4); null where
     * nobody asked, or there are not as many.
     */
    consistency: v.nullable(v.object({ treeSize: count, path: v.array(sha256) })),
  }),
  /** The policies that decided, where they are at hand: by their version, as they were published. */
  policies: v.array(
    v.object({
      version: name,
      /** SHA-256 of the canonical JSON of `cedar` and `tests`, hex. */
      document: sha256,
      publishedAt: moment,
      proposedBy: name,
      approvedBy: v.optional(name),
      cedar: text,
      tests: v.array(v.unknown()),
    }),
  ),
  /** Versions that decided, and whose text is not here: of settings from before policies were written in Cedar, or too many for one dossier. */
  missingPolicies: v.array(name),
  /** The keys that all of it verifies under, for comparison only (RFC 7517 section 5). */
  keySet: v.object({ use: text, keys: v.array(v.record(v.string(), v.string())) }),
});

export type Dossier = v.InferOutput<typeof dossierSchema>;
export type DossierDecision = Dossier['decisions'][number];
export type DossierExport = Dossier['exports'][number];
export type DossierPasswordSet = Dossier['passwords'][number];

/** What stands beside the keys of a dossier. */
export const keySetUse =
  'Compare these keys with those that you got from the service itself, or from somebody you trust. Keys that come with what they verify prove nothing.';
