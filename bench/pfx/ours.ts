import { provePfx } from '#crypto/pfx/prove.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import type { Subject } from './subject.ts';

/**
 * Makes one backup as the service does: writes the PFX, reads it strictly, opens it by OpenSSL inside Node and uses its
 * key. Fails if it is not proved.
 */
export async function backUp(subject: Subject, iterations: number): Promise<void> {
  const { privateKey, certificate, password, publicKey, purpose } = subject;
  const pfx = await writePfx({
    privateKey,
    certificates: [certificate],
    friendlyName: 'bench',
    password,
    iterations,
  });
  await provePfx({ pfx, password, publicKey, purpose });
}

/** Makes some backups one after the other; nanoseconds for one on average. */
export async function timeBackUps(subject: Subject, iterations: number, rounds: number): Promise<number> {
  const start = process.hrtime.bigint();
  for (let round = 0; round < rounds; round++) await backUp(subject, iterations);
  return Number(process.hrtime.bigint() - start) / rounds;
}
