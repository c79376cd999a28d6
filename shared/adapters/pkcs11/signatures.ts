import { createHash } from 'node:crypto';
import { der, encodeDer } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { hashOfSignature } from '#crypto/public-key.ts';
import type { SignatureAlgorithm } from '#domain/key-spec.ts';
import { hashes } from './constants.ts';
import type { Mechanism } from './cryptoki.ts';
import { mechanisms } from './mechanisms.ts';

/** One way in which a token makes one kind of signature. */
export interface SignatureStrategy {
  mechanism: Mechanism;
  /** What travels to the token. */
  over: 'digest' | 'message';
  /** What the token is given for a message. */
  input(message: Uint8Array): Uint8Array;
  /** The signature as callers want it, from what the token gives. */
  output(raw: Uint8Array): Uint8Array;
}

const asItIs = (bytes: Uint8Array) => bytes;

/** MGF1 with the hash of the message, and a salt as long as that hash: 32 bytes (RFC 8017 section 8.1). */
const pssParameter = {
  type: 5,
  hashAlg: hashes.sha256.mechanism,
  mgf: hashes.sha256.maskGeneration,
  saltLen: 32,
} as const;

/**
 * The ways to make each signature, the preferred first: over a digest made here, so that no message travels to the token;
 * else over the message, which the token hashes.
 */
export const signatureStrategies: Readonly<Record<SignatureAlgorithm, readonly SignatureStrategy[]>> = {
  RSA_PKCS1_SHA256: [
    {
      mechanism: { mechanism: mechanisms.CKM_RSA_PKCS },
      over: 'digest',
      input: (message) => digestInfo(digest('RSA_PKCS1_SHA256', message)),
      output: asItIs,
    },
    {
      mechanism: { mechanism: mechanisms.CKM_SHA256_RSA_PKCS },
      over: 'message',
      input: asItIs,
      output: asItIs,
    },
  ],
  RSA_PSS_SHA256: [
    {
      mechanism: { mechanism: mechanisms.CKM_RSA_PKCS_PSS, parameter: pssParameter },
      over: 'digest',
      input: (message) => digest('RSA_PSS_SHA256', message),
      output: asItIs,
    },
    {
      mechanism: { mechanism: mechanisms.CKM_SHA256_RSA_PKCS_PSS, parameter: pssParameter },
      over: 'message',
      input: asItIs,
      output: asItIs,
    },
  ],
  ECDSA_SHA256: ecdsa('ECDSA_SHA256', mechanisms.CKM_ECDSA_SHA256),
  ECDSA_SHA384: ecdsa('ECDSA_SHA384', mechanisms.CKM_ECDSA_SHA384),
  ECDSA_SHA512: ecdsa('ECDSA_SHA512', mechanisms.CKM_ECDSA_SHA512),
};

function ecdsa(algorithm: SignatureAlgorithm, hashing: number): readonly SignatureStrategy[] {
  const output = ecdsaSignatureValue;
  return [
    {
      mechanism: { mechanism: mechanisms.CKM_ECDSA },
      over: 'digest',
      input: (message) => digest(algorithm, message),
      output,
    },
    { mechanism: { mechanism: hashing }, over: 'message', input: asItIs, output },
  ];
}

function digest(algorithm: SignatureAlgorithm, message: Uint8Array): Uint8Array {
  return createHash(hashOfSignature[algorithm]).update(message).digest();
}

/** DigestInfo of a SHA-256 digest (RFC 8017 section 9.2): what PKCS#1 v1.5 pads. */
function digestInfo(hash: Uint8Array): Uint8Array {
  return encodeDer(der.sequence(der.sequence(der.oid(oids.sha256), der.null()), der.octetString(hash)));
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
