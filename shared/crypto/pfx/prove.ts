import { createPublicKey, X509Certificate } from 'node:crypto';
import { PfxError, ProofError } from '#domain/errors.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import type { Purpose } from '#domain/purpose.ts';
import type { Secret } from '#domain/secret.ts';
import { runInWorker } from '../worker/pool.ts';
import { type BackupForm, readBackupForm } from './backup-form.ts';
import type { PfxDerivations } from './derivations.ts';
import { checkPfxPassword } from './password.ts';
import { samePublicKey } from './public-keys.ts';
import { openBackup, opensWithoutPassword, type PfxContent } from './read.ts';

export interface PfxToProve {
  /** The file as it was read back. */
  pfx: Uint8Array;
  /** The profile that it must be of; `modern` unless told. */
  profile?: PfxProfile;
  password: Secret;
  /** The CSR's SubjectPublicKeyInfo, DER. */
  publicKey: Uint8Array;
  /** An encryption key is also used for decryption or key agreement. */
  purpose: Purpose;
  /** Keys derived by `writePfx`, for our own reader; the independent implementation derives for itself. */
  derivations?: PfxDerivations;
}

/** What was tried and found true of a backup, for its receipt. It exists only where all of it was. */
export interface PfxProof {
  privateKeyWorks: true;
  /** The file was tried without a password, and did not open. */
  passwordSet: true;
  fileRestores: true;
  /** What was done, by which implementation. */
  provedBy: string[];
  /** As the file says it. */
  friendlyName?: string;
  certificates: number;
  iterations: PfxContent['iterations'];
}

/**
 * Proves a backup: our strict reader opens it and finds the CSR's key whole; at the same time, in a worker
 * thread, OpenSSL opens it and runs a TLS 1.3 handshake whose peer certificate must carry the CSR's key; an encryption key is
 * also used for what it is for; and without a password the file does not open.
 *
 * The handshake needs nothing of the certificate's key usage: OpenSSL asks no `digitalSignature` of a TLS 1.3
 * certificate, so the placeholder of an encryption key has `keyEncipherment` (RSA) or `keyAgreement` (EC) alone.
 * @throws ProofError `proof-failed`, with what was wrong as cause
 */
export async function provePfx(input: PfxToProve): Promise<PfxProof> {
  try {
    // What OpenSSL is given to open was bounded first: it would derive as often as a file asks.
    checkPfxPassword(input.password);
    const form = readBackupForm(input.pfx, input.profile ?? 'modern');
    // The worker is set to its longer work before this thread begins its own.
    const [independent, own, open] = await Promise.allSettled([
      handshake(input),
      readAndUse(form, input),
      opensWithoutPassword(form),
    ]);
    if (open.status === 'rejected') throw open.reason;
    if (open.value) throw new PfxError('pfx-unprotected');
    if (own.status === 'rejected') throw own.reason;
    if (independent.status === 'rejected') throw independent.reason;
    const { provedBy, ...facts } = own.value;
    return {
      privateKeyWorks: true,
      passwordSet: true,
      fileRestores: true,
      provedBy: [...provedBy, ...independent.value, 'refused without password'],
      ...facts,
    };
  } catch (cause) {
    throw new ProofError('proof-failed', { cause });
  }
}

/** By our own reader, and by the key itself where it is for encryption. */
async function readAndUse(form: BackupForm, { password, publicKey, purpose, derivations }: PfxToProve) {
  const content = await openBackup(form, password, derivations);
  const { privateKey, certificates, friendlyName, iterations } = content;
  try {
    assertCertified(certificates[0], publicKey);
    const use =
      purpose === 'encryption'
        ? [await runInWorker('use-key', { privateKey: privateKey.bytes(), publicKey })]
        : [];
    return {
      provedBy: ['strict reader', ...use],
      certificates: certificates.length,
      iterations,
      ...(friendlyName === undefined ? {} : { friendlyName }),
    };
  } finally {
    privateKey.erase();
  }
}

/** The reader found the private key whole and of the first certificate; here that certificate's key must be the CSR's. */
function assertCertified(certificate: Uint8Array | undefined, publicKey: Uint8Array): void {
  const expected = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  if (certificate === undefined || !samePublicKey(new X509Certificate(certificate).publicKey, expected)) {
    throw new PfxError('pfx-other-key');
  }
}

/** By OpenSSL inside Node, in a worker thread. */
async function handshake({ pfx, password, publicKey }: PfxToProve): Promise<string[]> {
  const { openssl, protocol } = await runInWorker('prove', { pfx, password: password.bytes(), publicKey });
  return [`OpenSSL ${openssl}`, `${protocol} handshake`];
}
