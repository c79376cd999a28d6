import { unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import { SetUpError } from '#domain/errors.ts';
import { printable } from '#domain/plain-words.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import { ArgumentsError } from './command.ts';
import { isTaken, writeNewFile } from './write-file.ts';

/**
 * Makes a recovery key pair, and writes its private half where only its owner can read it.
 * @param privateFile where the private half goes (JWK, 0600)
 * @param publicFile where the public half goes, too
 * @returns the public half; the private one precedes it: nothing can be sealed to a key that is not kept
 * @throws SetUpError `refuses-to-overwrite` before anything is made; `usage`; StoreError `store-unavailable`
 */
export async function makeRecoveryKeyFiles(
  privateFile: string,
  publicFile?: string,
): Promise<PublicJwk & { kid: string }> {
  checkFree(privateFile, publicFile);
  const { publicKey, privateKey } = await makeRecoveryKey();
  await writeNewFile(privateFile, asText(privateKey), 0o600);
  if (publicFile === undefined) return publicKey;
  try {
    await writeNewFile(publicFile, asText(publicKey), 0o644);
  } catch (error) {
    // Nobody has seen the public half, so nothing is lost with the private one.
    await unlink(privateFile);
    throw error;
  }
  return publicKey;
}

/** What whoever has the private half must know. */
export function keptIn(privateFile: string): string {
  return `The private half is in ${printable(privateFile)}. Without it, nothing in escrow can be recovered.`;
}

function checkFree(privateFile: string, publicFile: string | undefined): void {
  if (publicFile !== undefined && resolve(publicFile) === resolve(privateFile)) {
    throw new ArgumentsError({ field: '--public', why: 'it must name another file than --out' });
  }
  for (const file of [privateFile, publicFile]) {
    if (file !== undefined && isTaken(file)) {
      throw new SetUpError('refuses-to-overwrite', { field: file, why: 'it exists already' });
    }
  }
}

function asText(key: unknown): string {
  return `${JSON.stringify(key, null, 2)}\n`;
}
