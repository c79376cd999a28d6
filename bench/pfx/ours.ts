import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { provePfx } from '#crypto/pfx/prove.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { friendlyName, type Subject } from './subject.ts';
import type { Work } from './yardsticks/yardstick.ts';

/** Takes a sample of ours. @returns nanoseconds for one round on average */
export async function timeOurs(subject: Subject, work: Work): Promise<number> {
  const start = process.hrtime.bigint();
  for (let round = 0; round < work.rounds; round++) await doOne(subject, work);
  return Number(process.hrtime.bigint() - start) / work.rounds;
}

async function doOne(subject: Subject, { mode, iterations, pfx }: Work): Promise<void> {
  if (mode === 'write') await writeOurs(subject, iterations);
  else if (mode === 'open') await openOurs(subject, pfx);
  else await backUp(subject, iterations);
}

/** Writes one file. */
export function writeOurs(subject: Subject, iterations: number): Promise<Uint8Array> {
  const { privateKey, certificate, password } = subject;
  return writePfx({ privateKey, certificates: [certificate], friendlyName, password, iterations });
}

/** Opens a file by the strict reader, which derives every key again. */
async function openOurs({ password }: Subject, pfx: Uint8Array): Promise<void> {
  const { privateKey } = await readPfx(pfx, password);
  privateKey.erase();
}

/**
 * Makes one backup as the service does: writes the PFX, reads it strictly, opens it by OpenSSL inside Node and uses its
 * key. The strict reader finds the keys that the writer derived; OpenSSL derives for itself. Fails if it is not proved.
 */
export async function backUp(
  subject: Subject,
  iterations: number,
  profile: PfxProfile = 'modern',
): Promise<void> {
  const { privateKey, certificate, password, publicKey, purpose } = subject;
  const derivations = new PfxDerivations();
  try {
    const content = { privateKey, certificates: [certificate], friendlyName };
    const pfx = await writePfx({ ...content, password, iterations, profile, derivations });
    await provePfx({ pfx, password, publicKey, purpose, profile, derivations });
  } finally {
    derivations.erase();
  }
}
