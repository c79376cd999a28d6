import { certificatePublicKey, spkiSha256 } from '#crypto/public-key.ts';
import type { Enrollment, EnrollmentKey } from '#domain/enrollment.ts';
import { EscrowError, LockError, ProviderError, StoreError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import type { Unlocking } from '#domain/unlocking.ts';
import type { Dependencies } from './dependencies.ts';
import { keyContextOf } from './load.ts';

/**
 * Has custody open a key whose subscriber's lock is open already.
 * @param wrapped as `openOwnLock` gives it
 * @param unlocking what the subscriber presented: a wrapped key that is none shows here first
 * @returns PKCS#8, for the caller to erase
 * @throws LockError `wrong-unlocking`; ProviderError `key-not-exportable` where custody gives no key back, and as `ExportableKeys.unwrap`
 */
export async function unwrapKey(
  { keys: { exportableKeys } }: Pick<Dependencies, 'keys'>,
  enrollment: Enrollment,
  wrapped: Uint8Array,
  unlocking: Unlocking,
): Promise<Secret> {
  if (exportableKeys === undefined) throw new ProviderError('key-not-exportable');
  try {
    return await exportableKeys.unwrap(wrapped, keyContextOf(enrollment));
  } catch (error) {
    // Only here does it show whether what the holder of a recipient key presented is the wrapped key.
    const presented = 'wrappedKey' in unlocking;
    const invalid = error instanceof EscrowError && error.code === 'wrapped-key-invalid';
    throw presented && invalid ? new LockError('wrong-unlocking', { cause: error }) : error;
  }
}

/** The certificate that stands in for the one to come, and the public key that it and the CSR are of. */
export interface StoredPlaceholder {
  /** DER */
  placeholder: Uint8Array;
  /** DER SubjectPublicKeyInfo */
  publicKey: Uint8Array;
}

/**
 * Reads the placeholder certificate of an enrollment, and holds it against the key that the record names.
 * @throws StoreError `object-damaged` if it is of another key, or none; and as the document store throws
 */
export async function readPlaceholder(
  { documents }: Pick<Dependencies, 'documents'>,
  { organization }: Enrollment,
  key: EnrollmentKey,
): Promise<StoredPlaceholder> {
  const placeholder = await documents.get({ kind: 'placeholder', organization, id: key.placeholderId });
  return { placeholder, publicKey: expectedPublicKey(placeholder, key) };
}

/** The public key of the stored placeholder: the one in the CSR, or the store was changed. */
function expectedPublicKey(placeholder: Uint8Array, { spkiSha256: expected }: EnrollmentKey): Uint8Array {
  try {
    const publicKey = certificatePublicKey(placeholder);
    if (spkiSha256(publicKey) === expected) return publicKey;
  } catch (cause) {
    throw new StoreError('object-damaged', { cause });
  }
  throw new StoreError('object-damaged');
}
