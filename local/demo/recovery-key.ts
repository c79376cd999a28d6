import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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
 * @throws SetUpError `not-set-up` if data folder and output folder are not of the same run, or if the key file is none
 */
export async function demoRecoveryKey(path: string, alreadySetUp: boolean): Promise<unknown> {
  if (!alreadySetUp) await refuseFilesOfAnotherRun(dirname(path));
  if (existsSync(path)) return await publicHalfIn(path);
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

/**
 * Files of enrollments come after the set-up; so beside new data they are of other data. They would pass for files of
 * this run, and may be the only copies of their keys.
 */
async function refuseFilesOfAnotherRun(folder: string): Promise<void> {
  for (const subscriber of await readdir(folder, { withFileTypes: true })) {
    const files = subscriber.isDirectory() ? await readdir(join(folder, subscriber.name)) : [];
    const found = files.find((file) => /_Enroll_(ID|EN)\./.test(file));
    if (found === undefined) continue;
    throw new SetUpError('not-set-up', {
      why: `The data folder is new, and ${folder} holds files of an earlier run, as ${join(subscriber.name, found)}.`,
      next: 'Name the data folder of that run with --data, or a new output folder with --out.',
    });
  }
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
