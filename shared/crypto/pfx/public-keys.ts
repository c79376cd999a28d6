import type { KeyObject, X509Certificate } from 'node:crypto';

/**
 * Whether two public keys are the same. `KeyObject.equals` alone leaves an error behind in OpenSSL's queue when their types
 * differ, and the next private key that is read, somebody else's, fails by it (Node 24.21).
 */
export function samePublicKey(one: KeyObject, other: KeyObject): boolean {
  return one.asymmetricKeyType === other.asymmetricKeyType && one.equals(other);
}

/**
 * Whether a certificate is of a public key. One whose own key is of a kind that OpenSSL does not know is not: its
 * `publicKey` throws an error of OpenSSL's.
 */
export function isCertificateOf(certificate: X509Certificate, publicKey: KeyObject): boolean {
  const certified = publicKeyOf(certificate);
  return certified !== undefined && samePublicKey(certified, publicKey);
}

/** The public key of a certificate; undefined for a kind that OpenSSL does not know. */
export function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey;
  } catch {
    return undefined;
  }
}

/** Whether a certificate is signed by the key of another. Not if either is of a kind that OpenSSL does not know. */
export function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  const publicKey = publicKeyOf(issuer);
  if (publicKey === undefined) return false;
  try {
    return certificate.verify(publicKey);
  } catch {
    return false;
  }
}
