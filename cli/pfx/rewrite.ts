import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { type PfxProof, provePfx } from '#crypto/pfx/prove.ts';
import { copyIterations, writePfx } from '#crypto/pfx/write.ts';
import { ProofError } from '#domain/errors.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import type { Secret } from '#domain/secret.ts';
import type { PfxSource } from './source.ts';
import { refusalOf } from './strict-form.ts';

/** A converted file, proved as a backup is. */
export interface Rewritten {
  pfx: Uint8Array;
  iterations: number;
  proof: PfxProof;
}

/**
 * Writes what was taken out of a PFX in another profile, and proves the new file before anybody has it.
 * @param password printable ASCII, not empty
 * @throws InputError `password-not-ascii`; `invalid-input` for more than 16 certificates
 * @throws ProofError `proof-failed` if the new file is not proved: an old key may be too weak for it
 */
export async function rewrite(
  { privateKey, publicKey, certificates, friendlyName }: PfxSource,
  profile: PfxProfile,
  password: Secret,
): Promise<Rewritten> {
  const derivations = new PfxDerivations();
  const iterations = copyIterations[profile];
  const opening = { profile, password, derivations };
  try {
    const pfx = await writePfx({ ...opening, privateKey, certificates, friendlyName, iterations });
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    return { pfx, iterations, proof: await proved({ ...opening, pfx, publicKey: spki }) };
  } finally {
    derivations.erase();
  }
}

async function proved(file: Omit<Parameters<typeof provePfx>[0], 'purpose'>): Promise<PfxProof> {
  try {
    // Whatever the key is for: it is whole, so what an encryption key does, it can do.
    return await provePfx({ ...file, purpose: 'encryption' });
  } catch (cause) {
    throw new ProofError('proof-failed', {
      why: `The converted file was not proved, and not written: ${refusalOf(cause).why}`,
      next: 'Convert it with the program that made it, or have a new key made.',
      cause,
    });
  }
}
