import type { KeyObject } from 'node:crypto';

/**
 * Whether two public keys are the same. `KeyObject.equals` alone leaves an error behind in OpenSSL's queue when their types
 * differ, and the next private key that is read, somebody else's, fails by it (Node 24.21).
 */
export function samePublicKey(one: KeyObject, other: KeyObject): boolean {
  return one.asymmetricKeyType === other.asymmetricKeyType && one.equals(other);
}
