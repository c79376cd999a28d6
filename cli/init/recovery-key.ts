import { createPublicKey } from 'node:crypto';
import { parseRecoveryKey, recoveryKeyThumbprint } from '#crypto/sealing.ts';
import { SetUpError } from '#domain/errors.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import type { Output } from '../output.ts';
import { readJsonFile } from '../read-file.ts';
import { keptIn, makeRecoveryKeyFiles } from '../recovery-key.ts';
import { isTaken } from '../write-file.ts';

/**
 * The public half of the recovery key whose private half is in the file: made, where nothing is there; of the file itself, where
 * an earlier run was broken off after writing it, and the person says so.
 * @param continues whether a file that is there may be the one
 * @throws SetUpError `refuses-to-overwrite`, `usage`; StoreError `store-unavailable`
 */
export async function recoveryKeyIn(
  file: string,
  continues: boolean,
  output: Output,
): Promise<PublicJwk & { kid: string }> {
  if (!isTaken(file)) {
    const publicKey = await makeRecoveryKeyFiles(file);
    output.message(keptIn(file));
    return publicKey;
  }
  if (!continues) throw isThere(file);
  const publicKey = await publicHalfOf(file);
  output.message('Goes on with the recovery key of the earlier run.');
  return publicKey;
}

/** @throws SetUpError `refuses-to-overwrite` where a file is there, and it is not said that it may be */
export function checkRecoveryKeyFile(file: string, continues: boolean): void {
  if (isTaken(file) && !continues) throw isThere(file);
}

function isThere(file: string): SetUpError {
  return new SetUpError('refuses-to-overwrite', {
    field: file,
    why: 'it exists already',
    next: 'Name another file; or say --continue, if it is the recovery key of an earlier run that was broken off.',
  });
}

async function publicHalfOf(file: string): Promise<PublicJwk & { kid: string }> {
  const value = await readJsonFile(file);
  try {
    const key = createPublicKey({ key: Object.assign({}, value), format: 'jwk' });
    const publicKey = parseRecoveryKey({ ...key.export({ format: 'jwk' }), use: 'enc' });
    return { ...publicKey, kid: await recoveryKeyThumbprint(publicKey) };
  } catch {
    // Without the cause: it may quote the key.
    throw new SetUpError('usage', {
      field: file,
      why: 'it is not a recovery key',
      next: 'Name another file with --recovery-key.',
    });
  }
}
