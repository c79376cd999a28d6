import { createHash } from 'node:crypto';
import type { SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { hashOfSignature } from '#crypto/public-key.ts';
import type { SignatureAlgorithm } from '#domain/key-spec.ts';
import type { CallOptions } from '#ports/key-provider.ts';
import type { CallRules, KmsCalls } from './calls.ts';
import { given } from './new-key.ts';

/** The names that AWS KMS gives them. Its PSS has MGF1 with the same hash, and a salt as long as that hash. */
const algorithms = {
  RSA_PKCS1_SHA256: 'RSASSA_PKCS1_V1_5_SHA_256',
  RSA_PSS_SHA256: 'RSASSA_PSS_SHA_256',
  ECDSA_SHA256: 'ECDSA_SHA_256',
  ECDSA_SHA384: 'ECDSA_SHA_384',
  ECDSA_SHA512: 'ECDSA_SHA_512',
} as const satisfies Record<SignatureAlgorithm, SigningAlgorithmSpec>;

/**
 * Signs over a digest made here: no message travels to AWS KMS, and none is too long for it (it takes 4,096 bytes).
 * @param keyId a key's ARN, or an alias
 * @returns PKCS#1 v1.5 or PSS signature, or DER `ECDSA-Sig-Value`
 * @throws ProviderError as `KmsCalls.call`; `provider-incapable` for an algorithm that is not of the key's spec
 */
export async function signDigest(
  calls: KmsCalls,
  keyId: string,
  algorithm: SignatureAlgorithm,
  message: Uint8Array,
  options?: CallOptions,
  rules?: CallRules,
): Promise<Uint8Array> {
  const input = {
    KeyId: keyId,
    Message: createHash(hashOfSignature[algorithm]).update(message).digest(),
    MessageType: 'DIGEST',
    SigningAlgorithm: algorithms[algorithm],
  } as const;
  const { Signature: signature } = await calls.call(
    (kms, request) => kms.sign(input, request),
    options,
    rules,
  );
  return new Uint8Array(given(signature));
}

/**
 * r and s of half the length each (RFC 7518 section 3.4), from what AWS KMS gives.
 * @param value DER ECDSA-Sig-Value (RFC 3279 section 2.2.3) over P-256: two INTEGERs of at most 33 bytes, so that every length is one byte
 */
export function rawP256Signature(value: Uint8Array): Uint8Array {
  const raw = new Uint8Array(64);
  const rLength = value[3] ?? 0;
  place(raw.subarray(0, 32), value.subarray(4, 4 + rLength));
  place(raw.subarray(32), value.subarray(6 + rLength));
  return raw;
}

/** An INTEGER of DER is as short as can be, but for a zero before a first byte that would look like a sign. */
function place(target: Uint8Array, integer: Uint8Array): void {
  const digits = integer.subarray(Math.max(0, integer.length - target.length));
  target.set(digits, target.length - digits.length);
}
