import * as v from 'valibot';
import { keySpecNames } from '#domain/key-spec.ts';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { purposes } from '#domain/purpose.ts';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const dateTime = v.pipe(v.string(), v.isoTimestamp());
const text = v.pipe(v.string(), v.maxLength(1_000));
const identifier = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const identifiers = v.pipe(v.array(identifier), v.readonly());

/** What every receipt says. Never a name, an address, or anything derived from a password. */
const common = {
  /** Unique (RFC 7519 section 4.1.7). */
  jti: identifier,
  /** When it was signed, seconds since 1970 (RFC 7519 section 4.1.6). */
  iat: v.pipe(v.number(), v.integer(), v.minValue(0)),
  organization: identifier,
  enrollmentId: identifier,
  /** The key pair's name: `caUserCert_keyPair` or `caEncryption_keyPair`. */
  label: identifier,
  purpose: v.picklist(purposes),
  keySpec: v.picklist(keySpecNames),
  /** The version of the policy that decided, and its rules. */
  policy: v.object({ version: identifier, rules: identifiers }),
  /** The build of the service that signed. */
  build: identifier,
  /** The ledger's entry of what it states; absent where the entry came after it, or is of a version before. */
  ledgerEntry: v.optional(identifier),
};

/** What was confirmed: each true only when it was tried, and held. */
const confirms = v.object({
  /** The private key in the file signed or decrypted, and fits the CSR. */
  privateKeyWorks: v.boolean(),
  /** The file does not open without its password. */
  passwordSet: v.boolean(),
  /** The enrollment password was entered again in a later request, and opened the lock. */
  passwordAgreed: v.boolean(),
  /** The file was read back and opened by an independent implementation. */
  fileRestores: v.boolean(),
});

const backupEntries = {
  ...common,
  receipt: v.literal('backup'),
  backupId: identifier,
  /** SHA-256 of the DER CSR, hex. */
  csrSha256: sha256,
  /** SHA-256 of the DER SubjectPublicKeyInfo, hex. */
  spkiSha256: sha256,
  /** SHA-256 of the file, hex. */
  pfxSha256: sha256,
  profile: v.picklist(pfxProfiles),
  /** The version in the vault; null for a subscriber copy, which is never stored. */
  objectVersion: v.nullable(identifier),
  /** ISO 8601; null for a subscriber copy. */
  retainUntil: v.nullable(dateTime),
  /** RFC 7638 thumbprint of the key that its passphrase is sealed to; null for a subscriber copy. */
  recoveryKey: v.nullable(identifier),
  confirms,
  /** What proved it, as in `tls-1.3-handshake`. */
  provedBy: identifiers,
};

const refusalEntries = {
  ...common,
  receipt: v.literal('refusal'),
  /** The error code of the refusal. */
  code: identifier,
  /** Why, for a person to read. */
  reason: text,
  /** Whom to ask: the organization's contact, never the subscriber. */
  contact: text,
  /** What policy was asked, as in `Export`. */
  action: identifier,
};

/** For signing: nothing but what is named here gets signed. */
export const exactReceipt = v.variant('receipt', [
  v.strictObject(backupEntries),
  v.strictObject(refusalEntries),
]);

/** For verifying: a later version of the service may say more than this one knows. */
export const knownReceipt = v.variant('receipt', [v.object(backupEntries), v.object(refusalEntries)]);

export type BackupReceipt = Extract<Receipt, { receipt: 'backup' }>;
export type RefusalReceipt = Extract<Receipt, { receipt: 'refusal' }>;
/** A signed statement of what a backup holds and what was proved about it, or of what was refused and why. */
export type Receipt = v.InferOutput<typeof knownReceipt>;
