import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { provePfx } from '#crypto/pfx/prove.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import type { Subject } from './subject.ts';

/**
 * Makes one backup as the service does: writes the PFX, reads it strictly, opens it by OpenSSL inside Node and uses its
 * key. The strict reader finds the keys that the writer derived; OpenSSL derives for itself. Fails if it is not proved.
 */
export async function backUp(subject: Subject, iterations: number): Promise<void> {
  const { privateKey, certificate, password, publicKey, purpose } = subject;
  const derivations = new PfxDerivations();
  try {
    const certificates = [certificate];
    const file = { privateKey, certificates, friendlyName: 'bench', password, iterations, derivations };
    const pfx = await writePfx(file);
    await provePfx({ pfx, password, publicKey, purpose, derivations });
  } finally {
    derivations.erase();
  }
}

/** Makes some backups one after the other; nanoseconds for one on average. */
export async function timeBackUps(subject: Subject, iterations: number, rounds: number): Promise<number> {
  const start = process.hrtime.bigint();
  for (let round = 0; round < rounds; round++) await backUp(subject, iterations);
  return Number(process.hrtime.bigint() - start) / rounds;
}
