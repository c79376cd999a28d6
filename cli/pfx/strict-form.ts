import type { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { provePfx } from '#crypto/pfx/prove.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import { errorTable } from '#domain/error-codes.ts';
import {
  asEscrowError,
  type EscrowError,
  InputError,
  InternalError,
  PfxError,
  ProofError,
} from '#domain/errors.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { capital, sentence } from '#domain/plain-words.ts';
import type { Secret } from '#domain/secret.ts';

/** Whether a file is what this service would call a backup, and why it is not. */
export interface StrictForm {
  ok: boolean;
  code: ErrorCode | null;
  /** In a sentence; null if it is one. */
  why: string | null;
}

/** A file that was opened. */
export interface OpenedFile {
  pfx: Uint8Array;
  password: Secret;
  /** DER SubjectPublicKeyInfo */
  publicKey: Uint8Array;
  derivations: PfxDerivations;
}

/**
 * Tries a file as a backup is tried: by the strict reader, and by OpenSSL, which opens it for itself and uses it in a handshake.
 * @param profile the one that the file is of; `modern` for what is of none, so that it is said what is missing
 * @throws InternalError `internal` if a worker thread failed
 */
export async function tryStrictForm(file: OpenedFile, profile: PfxProfile | 'other'): Promise<StrictForm> {
  try {
    // The purpose is not known; a key that signs, as this one does, would be used once more.
    await provePfx({ ...file, profile: profile === 'other' ? 'modern' : profile, purpose: 'identity' });
    return { ok: true, code: null, why: null };
  } catch (thrown) {
    const { code, why } = refusalOf(thrown);
    return { ok: false, code, why };
  }
}

/** Why a proof failed, and whether the file can be used nevertheless. */
export function refusalOf(thrown: unknown): { code: ErrorCode; why: string } {
  const cause = thrown instanceof ProofError ? thrown.cause : thrown;
  if (cause instanceof PfxError || cause instanceof InputError) {
    return { code: cause.code, why: reasonOf(cause) };
  }
  // What OpenSSL said in a worker thread is the cause's cause, a text; anything else is a failure of our own.
  const said = cause instanceof InternalError ? cause.cause : undefined;
  if (typeof said !== 'string') throw cause;
  return { code: 'proof-failed', why: / too (small|weak)$/.test(said) ? tooWeak : unusable };
}

/** Said where OpenSSL opens a file, but does not use it for TLS: an old key may still decrypt old mail. */
export const tooWeak = 'OpenSSL opens it, and refuses it for TLS: its key or its signature is too weak.';
/** Said where OpenSSL does not open what our reader opened. */
export const unusable = 'OpenSSL, which tries it independently, cannot use it.';

/** Why, in a sentence, without the next step. */
export function reasonOf(error: EscrowError): string {
  const { field, why } = asEscrowError(error).details;
  const meaning = why ?? errorTable[error.code].meaning;
  return sentence(capital(field !== undefined && why !== undefined ? `the ${field} ${why}` : meaning));
}
