import { InputError } from './errors.ts';

/** Key specs by the names that AWS KMS gives them. */
export const keySpecNames = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
] as const;
export type KeySpec = (typeof keySpecNames)[number];

/**
 * The ways to sign (RFC 8017 sections 8.1 and 8.2; FIPS 186-5 ECDSA). PSS has MGF1 with the hash of the message, and a salt
 * as long as that hash.
 */
export type SignatureAlgorithm =
  | 'RSA_PKCS1_SHA256'
  | 'RSA_PSS_SHA256'
  | 'ECDSA_SHA256'
  | 'ECDSA_SHA384'
  | 'ECDSA_SHA512';

export type KeySpecFacts =
  | { kind: 'rsa'; modulusBits: number; signature: SignatureAlgorithm }
  | { kind: 'ec'; curve: 'P-256' | 'P-384' | 'P-521'; curveOid: string; signature: SignatureAlgorithm };

/** All that differs between key specs; `signature` is how a key signs its request. Hash sizes follow the curve's strength (SP 800-57 part 1, table 3). */
export const keySpecs: Readonly<Record<KeySpec, KeySpecFacts>> = {
  RSA_2048: { kind: 'rsa', modulusBits: 2048, signature: 'RSA_PKCS1_SHA256' },
  RSA_3072: { kind: 'rsa', modulusBits: 3072, signature: 'RSA_PKCS1_SHA256' },
  RSA_4096: { kind: 'rsa', modulusBits: 4096, signature: 'RSA_PKCS1_SHA256' },
  ECC_NIST_P256: { kind: 'ec', curve: 'P-256', curveOid: '1.2.840.10045.3.1.7', signature: 'ECDSA_SHA256' },
  ECC_NIST_P384: { kind: 'ec', curve: 'P-384', curveOid: '1.3.132.0.34', signature: 'ECDSA_SHA384' },
  ECC_NIST_P521: { kind: 'ec', curve: 'P-521', curveOid: '1.3.132.0.35', signature: 'ECDSA_SHA512' },
};

/** Every way in which a key of a spec signs, that of its request first. */
export function signaturesOf(spec: KeySpec): readonly SignatureAlgorithm[] {
  const { kind, signature } = keySpecs[spec];
  return kind === 'rsa' ? [signature, 'RSA_PSS_SHA256'] : [signature];
}

/**
 * Reads a key spec by name.
 * @throws InputError `key-spec-below-floor` for RSA under 2048 bits, `invalid-input` for any other unknown name
 */
export function parseKeySpec(name: string): KeySpec {
  const known = keySpecNames.find((candidate) => candidate === name);
  if (known !== undefined) return known;
  const bits = /^RSA_(\d{1,5})$/.exec(name)?.[1];
  if (bits !== undefined && Number(bits) < 2048) {
    throw new InputError('key-spec-below-floor', {
      field: 'keySpec',
      why: `is too weak: RSA of ${bits} bits`,
    });
  }
  throw new InputError('invalid-input', {
    field: 'keySpec',
    why: 'is not a key spec that this service makes',
    next: `Choose one of ${keySpecNames.join(', ')}.`,
  });
}
