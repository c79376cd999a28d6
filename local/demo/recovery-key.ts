import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { makeRecoveryKey, parseRecoveryKey } from '#crypto/sealing.ts';
import { SetUpError } from '#domain/errors.ts';
import { writeFileAtomically } from '#runtime/atomic-file.ts';

const keyFile = v.looseObject({
  kty: v.string(),
  crv: v.string(),
  x: v.string(),
  y: v.string(),
  d: v.string(),
});

/**
 * The recovery key's public half. Its private half stands in a file of the output folder, only because a demo has no
 * agents to keep it; it is written before anything is sealed to it.
 * @throws SetUpError `not-set-up` if there is data of an earlier run and that run's key file is not here, or if what is
 *   here is no key file
 */
export async function demoRecoveryKey(path: string, alreadySetUp: boolean): Promise<unknown> {
  if (existsSync(path)) {
    return await publicHalfIn(path);
  }
  if (alreadySetUp) {
    throw new SetUpError('not-set-up', {
      why: `The data folder holds an earlier run, and ${path} of that run is not here; nothing else opens its backups.`,
      next: 'Name the output folder of that run with --out, or a new data folder with --data.',
    });
  }
  const { publicKey, privateKey } = await makeRecoveryKey();
  await writeFileAtomically(path, `${JSON.stringify(privateKey, null, 2)}\n`, { mode: 0o600 });
  return publicKey;
}

async function publicHalfIn(path: string): Promise<unknown> {
  try {
    const { kty, crv, x, y } = v.parse(keyFile, JSON.parse(await readFile(path, 'utf8')));
    return parseRecoveryKey({ kty, crv, x, y });
  } catch {
    // Without the cause: a parser's message quotes what it read, and that may be the private half.
    throw new SetUpError('not-set-up', {
      why: `${path} cannot be read as a recovery key.`,
      next: 'Put back the file that the first run left there, or name new folders with --out and --data.',
    });
  }
}
