import { createPrivateKey, createPublicKey, randomBytes, sign, verify, X509Certificate } from 'node:crypto';
import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { provePfx } from '#crypto/pfx/prove.ts';
import { type PfxContent, readPfx } from '#crypto/pfx/read.ts';
import { humanIterations } from '#crypto/pfx/write.ts';
import { isPlaceholder } from '#crypto/placeholder-certificate.ts';
import { keySpecOf, spkiSha256 } from '#crypto/public-key.ts';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import { asEscrowError, type EscrowError, InternalError, PfxError, ProofError } from '#domain/errors.ts';
import { capital, sentence } from '#domain/plain-words.ts';
import type { Secret } from '#domain/secret.ts';

/** What is known of a PFX after trying to open it. */
export interface Verdict {
  /** Whether it opens and its key works. */
  opens: boolean;
  /** Why it does not; null where it does. */
  code: ErrorCode | null;
  profile: PfxContent['profile'] | null;
  iterations: PfxContent['iterations'] | null;
  key: { spec: string | null; spkiSha256: string } | null;
  certificate: 'placeholder' | 'issued' | 'none' | null;
  friendlyName: string | null;
  /** In sentences: why it does not open; or what a person should know of it although it does. */
  problems: string[];
}

interface OpenedFile {
  pfx: Uint8Array;
  password: Secret;
  /** DER SubjectPublicKeyInfo */
  publicKey: Uint8Array;
  derivations: PfxDerivations;
}

/**
 * Opens a PFX that may come from anybody, and tries its private key.
 * @throws InternalError `internal`; what is wrong with file or password is the verdict
 */
export async function judgePfx(pfx: Uint8Array, password: Secret): Promise<Verdict> {
  const derivations = new PfxDerivations();
  try {
    const content = await readPfx(pfx, password, { accept: 'known', derivations });
    const publicKey = triedKey(content);
    const proof = await proofProblems({ pfx, password, publicKey, derivations }, content);
    const problems = [...problemsOf(content, publicKey), ...proof];
    return { opens: true, code: null, ...factsOf(content, publicKey), problems };
  } catch (thrown) {
    const error = asEscrowError(thrown);
    if (error.code === 'internal') throw thrown;
    return notOpened(error);
  } finally {
    derivations.erase();
  }
}

function notOpened({ code, details, next }: EscrowError): Verdict {
  const { field, why } = details;
  const reason =
    field === undefined || why === undefined ? (why ?? errorTable[code].meaning) : `the ${field} ${why}`;
  return {
    opens: false,
    code,
    profile: null,
    iterations: null,
    key: null,
    certificate: null,
    friendlyName: null,
    problems: [`${sentence(capital(reason))} ${next}`],
  };
}

/**
 * Signs with the private key, verifies with its public half, and erases the bytes it was in.
 * @returns the public half, DER SubjectPublicKeyInfo
 */
function triedKey(content: PfxContent): Uint8Array {
  try {
    const key = createPrivateKey({ key: asBuffer(content.privateKey), format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey(key);
    const message = randomBytes(32);
    if (verify(null, message, publicKey, sign(null, message, key))) {
      return publicKey.export({ format: 'der', type: 'spki' });
    }
  } catch (cause) {
    throw new PfxError('pfx-key-mismatch', { why: 'the private key cannot be used', cause });
  } finally {
    content.privateKey.erase();
  }
  throw new PfxError('pfx-key-mismatch', { why: 'the private key does not sign for its public key' });
}

/** The same bytes, not a copy. */
function asBuffer(secret: Secret): Buffer {
  const { buffer, byteOffset, byteLength } = secret.bytes();
  return Buffer.from(buffer, byteOffset, byteLength);
}

function factsOf(content: PfxContent, publicKey: Uint8Array) {
  const { profile, iterations, certificates } = content;
  const key = { spec: keySpecOf(publicKey) ?? null, spkiSha256: spkiSha256(publicKey) };
  const friendlyName = content.friendlyName ?? null;
  return { profile, iterations, key, certificate: kindOf(certificates[0]), friendlyName };
}

function kindOf(leaf: Uint8Array | undefined): NonNullable<Verdict['certificate']> {
  if (leaf === undefined) return 'none';
  return isPlaceholder(leaf) ? 'placeholder' : 'issued';
}

function problemsOf({ profile, iterations, certificates }: PfxContent, publicKey: Uint8Array): string[] {
  return [
    ...profileProblems[profile],
    ...iterationProblems(iterations),
    ...certificateProblems(certificates[0]),
    ...(keySpecOf(publicKey) === undefined
      ? ['Its key is weaker than this service makes, or of another kind.']
      : []),
  ];
}

const profileProblems: Readonly<Record<PfxContent['profile'], readonly string[]>> = {
  modern: [],
  compatible: ['Old algorithms (3DES, SHA-1) protect it, which some systems refuse.'],
  other: ['It is not protected by AES-256 with HMAC-SHA256 throughout, as the files of this service are.'],
};

/** An attacker tries passwords against the cheapest derivation. */
function iterationProblems({ mac, key, certificates }: PfxContent['iterations']): string[] {
  const lowest = Math.min(mac, key, ...(certificates > 0 ? [certificates] : []));
  if (lowest >= humanIterations) return [];
  return [
    `Its iteration count of ${lowest} suits a long random passphrase; under a password that a person chose, ${humanIterations} is advised.`,
  ];
}

function certificateProblems(leaf: Uint8Array | undefined): string[] {
  if (leaf === undefined)
    return ['It holds no certificate: most programs import a key only together with one.'];
  if (isPlaceholder(leaf)) return [];
  const { validFromDate, validToDate } = new X509Certificate(leaf);
  if (validToDate.getTime() < Date.now()) {
    return [`Its certificate expired on ${day(validToDate)}; the key works nevertheless.`];
  }
  if (validFromDate.getTime() > Date.now())
    return [`Its certificate is not valid before ${day(validFromDate)}.`];
  return [];
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/**
 * A file in our own profile is tried as a backup is: by OpenSSL, which opens it for itself and uses it in a handshake.
 * @returns what is to be said against a file that opens
 * @throws ProofError `proof-failed` if OpenSSL does not open it; InternalError `internal` if a worker thread failed
 */
async function proofProblems(file: OpenedFile, { profile, certificates }: PfxContent): Promise<string[]> {
  if (profile !== 'modern' || certificates.length === 0) return [];
  try {
    await provePfx({ ...file, purpose: 'identity' });
    return [];
  } catch (error) {
    return [proofProblem(error)];
  }
}

function proofProblem(error: unknown): string {
  const cause = error instanceof ProofError ? error.cause : error;
  if (cause instanceof PfxError) {
    return `It is not in the strict form of this service's own files: ${sentence(cause.message)}`;
  }
  // What OpenSSL said in a worker thread is the cause's cause, a text; anything else is a failure of our own.
  const said = cause instanceof InternalError ? cause.cause : undefined;
  if (typeof said !== 'string') throw cause;
  if (/ too (small|weak)$/.test(said))
    return 'OpenSSL opens it, and refuses it for TLS: its key or its signature is too weak.';
  throw new ProofError('proof-failed', {
    why: 'OpenSSL, which tries it independently, cannot use it',
    next: 'Take another copy of the file.',
    cause,
  });
}
