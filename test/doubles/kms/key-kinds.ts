import { createHash } from 'node:crypto';
import { keySpecNames } from '#domain/key-spec.ts';

/** Key specs with the usages that AWS KMS makes them for (API reference, CreateKey), of those that the double knows. */
export const usagesOfSpec: Readonly<Record<string, readonly string[]>> = {
  SYMMETRIC_DEFAULT: ['ENCRYPT_DECRYPT'],
  HMAC_256: ['GENERATE_VERIFY_MAC'],
  ...Object.fromEntries(
    keySpecNames.map((spec) => [
      spec,
      ['SIGN_VERIFY', spec.startsWith('RSA') ? 'ENCRYPT_DECRYPT' : 'KEY_AGREEMENT'],
    ]),
  ),
};

export interface SigningAlgorithm {
  hash: 'sha256' | 'sha384' | 'sha512';
  padding?: 'pkcs1' | 'pss';
}

const rsaAlgorithms: Readonly<Record<string, SigningAlgorithm>> = Object.fromEntries(
  (['sha256', 'sha384', 'sha512'] as const).flatMap((hash) => {
    const suffix = hash.replace('sha', 'SHA_');
    return [
      [`RSASSA_PKCS1_V1_5_${suffix}`, { hash, padding: 'pkcs1' }],
      [`RSASSA_PSS_${suffix}`, { hash, padding: 'pss' }],
    ];
  }),
);

/** The signing algorithms of each key spec (Developer Guide, "Key spec reference"). */
export function signingAlgorithmsOf(spec: string): Readonly<Record<string, SigningAlgorithm>> {
  if (spec.startsWith('RSA')) return rsaAlgorithms;
  if (spec === 'ECC_NIST_P256') return { ECDSA_SHA_256: { hash: 'sha256' } };
  if (spec === 'ECC_NIST_P384') return { ECDSA_SHA_384: { hash: 'sha384' } };
  if (spec === 'ECC_NIST_P521') return { ECDSA_SHA_512: { hash: 'sha512' } };
  return {};
}

export function digestLength(hash: SigningAlgorithm['hash']): number {
  return createHash(hash).digest().length;
}
