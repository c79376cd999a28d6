import { createHash } from 'node:crypto';
import { der, encodeDer } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { hashOfSignature } from '#crypto/public-key.ts';
import type { SignatureAlgorithm } from '#domain/key-spec.ts';
import { mechanisms } from './constants.ts';

/** How a token makes one kind of signature. */
export interface SignatureStrategy {
  mechanism: number;
  /** What the token is given for a message. */
  input(message: Uint8Array): Uint8Array;
}

const wholeMessage = (message: Uint8Array) => message;

/** The mechanisms that hash in the token; where there is one that takes a digest, it is preferred. */
const hashingMechanisms = {
  RSA_PKCS1_SHA256: mechanisms.CKM_SHA256_RSA_PKCS,
  RSA_PSS_SHA256: mechanisms.CKM_SHA256_RSA_PKCS_PSS,
  ECDSA_SHA256: mechanisms.CKM_ECDSA_SHA256,
  ECDSA_SHA384: mechanisms.CKM_ECDSA_SHA384,
  ECDSA_SHA512: mechanisms.CKM_ECDSA_SHA512,
} as const satisfies Record<SignatureAlgorithm, number>;

/**
 * The way this token signs by an algorithm: over a digest made here, so that no message travels to the token; else over
 * the message. Undefined if it has neither.
 * @param available the mechanisms that the token has
 */
export function signatureStrategy(
  algorithm: SignatureAlgorithm,
  available: ReadonlySet<number>,
): SignatureStrategy | undefined {
  const rsa = algorithm === 'RSA_PKCS1_SHA256';
  const overDigest = rsa ? mechanisms.CKM_RSA_PKCS : mechanisms.CKM_ECDSA;
  if (available.has(overDigest)) {
    const digest = (message: Uint8Array) => createHash(hashOfSignature[algorithm]).update(message).digest();
    return { mechanism: overDigest, input: rsa ? (message) => digestInfo(digest(message)) : digest };
  }
  const hashing = hashingMechanisms[algorithm];
  return available.has(hashing) ? { mechanism: hashing, input: wholeMessage } : undefined;
}

/** DigestInfo of a SHA-256 digest (RFC 8017 section 9.2): what PKCS#1 v1.5 pads. */
function digestInfo(digest: Uint8Array): Uint8Array {
  return encodeDer(der.sequence(der.sequence(der.oid(oids.sha256), der.null()), der.octetString(digest)));
}

/**
 * DER ECDSA-Sig-Value (RFC 3279 section 2.2.3) from what a token gives.
 * @param raw r and s, each of half the length (PKCS#11 curves 2.40 section 2.3.1)
 */
export function ecdsaSignatureValue(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  return encodeDer(
    der.sequence(der.unsignedInteger(raw.subarray(0, half)), der.unsignedInteger(raw.subarray(half))),
  );
}
