import { createECDH, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { PfxError } from '#domain/errors.ts';
import { keySpecs } from '#domain/key-spec.ts';
import type { Secret } from '#domain/secret.ts';
import { oids } from '../oids.ts';
import { type Element, Fields, natural, octets, oidText, onlyElement, parseElement, tags } from './ber.ts';
import { samePublicKey } from './public-keys.ts';

/** The parts of a private key. */
type PrivateKeyParts =
  /** n, e, d, p, q, d mod (p - 1), d mod (q - 1), the inverse of q mod p */
  { kind: 'rsa'; numbers: bigint[] } | { kind: 'ec'; scalar: Uint8Array };

const largestModulus = 1_024; // bytes: RSA of 8,192 bits
/** Exporting the file again, as for an unknown algorithm, would not help. */
const keysTaken = 'Only RSA keys of two primes, and EC keys on P-256, P-384 or P-521, are taken.';

/**
 * Reads a PKCS#8 PrivateKeyInfo (RFC 5208 section 5, RFC 5958): RSA, or EC on a named curve.
 * @throws PfxError `pfx-malformed`, or `pfx-unsupported` for other keys, explicit curve parameters included
 */
function readPrivateKey(pkcs8: Uint8Array): PrivateKeyParts {
  const fields = new Fields(parseElement(pkcs8, 'DER'), tags.sequence);
  if (natural(fields.take(tags.integer)) > 1) throw new PfxError('pfx-malformed');
  const algorithm = new Fields(fields.take(tags.sequence), tags.sequence);
  const key = parseElement(octets(fields.take(tags.octetString)), 'DER');
  const oid = oidText(algorithm.take(tags.oid));
  if (oid === oids.rsaEncryption) return readRsaKey(key);
  if (oid === oids.ecPublicKey) return readEcKey(key, algorithm);
  throw new PfxError('pfx-unsupported', { why: 'the private key is neither RSA nor EC', next: keysTaken });
}

/** RSAPrivateKey (RFC 8017 appendix A.1.2), two primes. */
function readRsaKey(element: Element): PrivateKeyParts {
  const fields = new Fields(element, tags.sequence);
  if (natural(fields.take(tags.integer)) !== 0) {
    throw new PfxError('pfx-unsupported', { why: 'the RSA key has more than two primes', next: keysTaken });
  }
  const numbers = fields.rest(tags.integer).map(({ content }) => content);
  if (numbers.length !== 8 || numbers.some(([first = 0x80]) => first >= 0x80)) {
    throw new PfxError('pfx-malformed', { why: 'the RSA key is incomplete' });
  }
  if (numbers.some(({ length }) => length > largestModulus + 1)) {
    throw new PfxError('pfx-unsupported', { why: 'the RSA key is larger than 8,192 bits', next: keysTaken });
  }
  return { kind: 'rsa', numbers: numbers.map((bytes) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)) };
}

/** ECPrivateKey (RFC 5915 section 3) with a named curve (RFC 5480 section 2.1.1). */
function readEcKey(element: Element, algorithm: Fields): PrivateKeyParts {
  const parameters = algorithm.optional(tags.oid);
  const curveOid = parameters && curveNamed(parameters);
  if (!Object.values(keySpecs).some((facts) => facts.kind === 'ec' && facts.curveOid === curveOid)) {
    throw new PfxError('pfx-unsupported', {
      why: 'the EC key is not on the named curve P-256, P-384 or P-521',
      next: keysTaken,
    });
  }
  const fields = new Fields(element, tags.sequence);
  if (natural(fields.take(tags.integer)) !== 1) throw new PfxError('pfx-malformed');
  const scalar = octets(fields.take(tags.octetString));
  const again = fields.optional(tags.context0);
  // OpenSSL goes by these parameters, other programs by those of the algorithm.
  if (again !== undefined && curveNamed(onlyElement(again)) !== curveOid) {
    throw new PfxError('pfx-malformed', { why: 'the EC key is said to be on two curves' });
  }
  return { kind: 'ec', scalar };
}

/** The curve of ECParameters; undefined for explicit ones. */
function curveNamed(parameters: Element): string | undefined {
  return parameters.tag === tags.oid ? oidText(parameters) : undefined;
}

/**
 * The public half of a private key, once the private key is found whole.
 *
 * OpenSSL trusts the public key that stands inside a private one, and mends a wrong CRT exponent silently; other
 * programs would not. So the scalar of an EC key is multiplied out, and every number of an RSA key is checked against the
 * others (RFC 8017 section 3.2); node:crypto has no call for that. Copies of the numbers stay in memory until they are
 * collected, as OpenSSL's own copy of the key does.
 * @param pkcs8 PrivateKeyInfo, DER
 * @throws PfxError `pfx-key-damaged`; as `readPrivateKey`
 */
export function wholeKey(pkcs8: Secret): KeyObject {
  const parts = readPrivateKey(pkcs8.bytes());
  try {
    const publicKey = createPublicKey(opened(pkcs8));
    const whole = parts.kind === 'rsa' ? rsaIsWhole(parts.numbers) : ecIsWhole(parts.scalar, publicKey);
    if (whole) return publicKey;
  } catch (cause) {
    // OpenSSL refuses some damaged keys with an error.
    throw new PfxError('pfx-key-damaged', { cause });
  }
  throw new PfxError('pfx-key-damaged');
}

/**
 * Whether the public key that stands inside a private key is the given one: quick, and enough for a key that was just
 * made. Throws as `readPrivateKey`.
 */
export function carriesPublicKey(pkcs8: Secret, publicKey: KeyObject): boolean {
  readPrivateKey(pkcs8.bytes());
  try {
    return samePublicKey(createPublicKey(opened(pkcs8)), publicKey);
  } catch {
    return false;
  }
}

function opened(pkcs8: Secret): KeyObject {
  const { buffer, byteOffset, byteLength } = pkcs8.bytes();
  return createPrivateKey({ key: Buffer.from(buffer, byteOffset, byteLength), format: 'der', type: 'pkcs8' });
}

function rsaIsWhole(numbers: readonly bigint[]): boolean {
  const [n = 0n, e = 0n, d = 0n, p = 0n, q = 0n, dP = 0n, dQ = 0n, qInv = 0n] = numbers;
  if (p <= 1n || q <= 1n || d >= n || p * q !== n) return false;
  const inverse = (e * d) % (p - 1n) === 1n && (e * d) % (q - 1n) === 1n;
  return inverse && dP === d % (p - 1n) && dQ === d % (q - 1n) && qInv < p && (q * qInv) % p === 1n;
}

function ecIsWhole(scalar: Uint8Array, publicKey: KeyObject): boolean {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const ecdh = createECDH(publicKey.asymmetricKeyDetails?.namedCurve ?? '');
  ecdh.setPrivateKey(scalar);
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return ecdh.getPublicKey().equals(point);
}
