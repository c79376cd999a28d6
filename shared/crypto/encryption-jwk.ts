import { createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import * as v from 'valibot';
import { InputError } from '#domain/errors.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';

/** Members that hold private or symmetric key material (RFC 7518 sections 6.2.2, 6.3.2, 6.4.1). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const modulusBits = { least: 2048, most: 8192 };
/** FIPS 186-5 appendix A.1.1: an odd exponent between 2^16 and 2^256. */
const exponent = { above: 2n ** 16n, below: 2n ** 256n };

const privateKeyAdvice =
  'It must be thought known to others: make a new key pair, and send its public half only.';

const text = v.pipe(v.string(), v.maxLength(2_000));
const forEncryption = v.looseObject({ use: v.optional(v.literal('enc')) });

/** EC on the curves that JOSE and the key specs share (RFC 7518 section 6.2.1.1). */
export const ecKeys = v.object({
  kty: v.literal('EC'),
  crv: v.picklist(['P-256', 'P-384', 'P-521']),
  x: text,
  y: text,
});
export const ecAndRsaKeys = v.variant('kty', [ecKeys, v.object({ kty: v.literal('RSA'), n: text, e: text })]);
type EncryptionKeyKinds = typeof ecKeys | typeof ecAndRsaKeys;

/** How a key of each type wraps a content key (RFC 7518 section 4.1), the one algorithm that we use for it. */
export function keyManagement(key: PublicJwk): 'ECDH-ES+A256KW' | 'RSA-OAEP-256' {
  return key.kty === 'EC' ? 'ECDH-ES+A256KW' : 'RSA-OAEP-256';
}

/** The thumbprint of a key, SHA-256, base64url (RFC 7638): its name wherever one is needed. */
export function thumbprint(key: PublicJwk): Promise<string> {
  return calculateJwkThumbprint(key, 'sha256');
}

/**
 * Reads a public key for encryption. Unknown members are dropped, as RFC 7517 section 4 has it, `kid` included: the
 * thumbprint names a key. Refused are a private or symmetric key, a point off its curve, a number in a second spelling
 * (so that a key has one fingerprint), RSA under 2,048 or over 8,192 bits or with an unsafe exponent, and `use` other than `enc`.
 * @param field what the caller calls it
 * @param value a JWK, not yet trusted
 * @throws InputError `recipient-key-invalid`
 */
export function parseEncryptionKey(field: string, kinds: EncryptionKeyKinds, value: unknown): PublicJwk {
  const refuse = (why?: string, next?: string) =>
    new InputError('recipient-key-invalid', {
      field,
      ...(why === undefined ? {} : { why }),
      ...(next === undefined ? {} : { next }),
    });
  if (holdsPrivateMember(value)) throw refuse('is a private key', privateKeyAdvice);
  const shaped = v.safeParse(kinds, value);
  if (!shaped.success) throw refuse();
  if (!v.is(forEncryption, value)) throw refuse('is not a key for encryption');
  const fault = faultOf(shaped.output);
  if (fault !== undefined) throw refuse(fault);
  return shaped.output;
}

function holdsPrivateMember(value: unknown): boolean {
  return typeof value === 'object' && value !== null && privateMembers.some((member) => member in value);
}

function faultOf(jwk: PublicJwk): string | undefined {
  const key = keyObject(jwk);
  if (key === undefined) return 'is not a point of its curve, or not well-formed';
  // RFC 7518 section 2, Base64urlUInt: no leading zero, no padding.
  const canonical = key.export({ format: 'jwk' });
  const members = ['x', 'y', 'n', 'e'] as const;
  if (members.some((member) => canonical[member] !== jwk[member])) return 'is not in canonical encoding';
  return jwk.kty === 'RSA' ? weaknessOf(key, jwk.n ?? '') : undefined;
}

function keyObject(jwk: PublicJwk): KeyObject | undefined {
  try {
    // OpenSSL refuses a point that is not on its curve.
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function weaknessOf(key: KeyObject, modulus: string): string | undefined {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < modulusBits.least) return `has fewer than ${modulusBits.least} bits`;
  if (modulusLength > modulusBits.most) return `has more than ${modulusBits.most} bits`;
  const odd = (Buffer.from(modulus, 'base64url').at(-1) ?? 0) % 2 === 1;
  if (!odd) return 'has an even modulus';
  const { above, below } = exponent;
  const sound = publicExponent > above && publicExponent < below && publicExponent % 2n === 1n;
  return sound ? undefined : 'has an unsafe public exponent';
}
