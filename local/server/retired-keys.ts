import { readFile } from 'node:fs/promises';
import { parseReceiptKeys } from '#crypto/receipts.ts';
import type { StatementKeys } from '#crypto/signed-statement.ts';
import { SetUpError } from '#domain/errors.ts';
import { fileError } from '#domain/plain-words.ts';

/**
 * Reads the keys that signed receipts before the present one.
 * @param file a JSON Web Key Set (RFC 7517 section 5), as the service gave it under `/.well-known/jwks.json`; none if absent
 * @throws SetUpError `usage` if it is none, or cannot be read; StoreError `store-unavailable`
 */
export async function readRetiredKeys(file: string | undefined): Promise<StatementKeys['keys']> {
  if (file === undefined) return [];
  const text = await readFile(file, 'utf8').catch((error) => {
    throw fileError(file, error);
  });
  try {
    return parseReceiptKeys(JSON.parse(text)).keys;
  } catch (cause) {
    throw new SetUpError('usage', {
      field: '--retired-keys',
      why: `${file} is not a set of ES256 public keys, each with a kid of its own`,
      next: 'Name the jwks.json that the service gave while it signed by them.',
      cause,
    });
  }
}
