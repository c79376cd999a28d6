import { parseReceiptKeys, type ReceiptKeys } from '#crypto/receipts.ts';
import { SetUpError } from '#domain/errors.ts';
import { readJsonFile } from './read-file.ts';

/**
 * Reads the keys of the service from the file that `--jwks` names. A wrong set of keys says nothing about what it is to verify,
 * so it is wrong usage.
 * @throws SetUpError `usage`, StoreError `store-unavailable`
 */
export async function readReceiptKeys(file: string): Promise<ReceiptKeys> {
  const value = await readJsonFile(file);
  try {
    return parseReceiptKeys(value);
  } catch {
    throw new SetUpError('usage', {
      field: file,
      why: 'it is not a set of ES256 public keys, each with a kid of its own',
      next: "Name the service's jwks.json.",
    });
  }
}
