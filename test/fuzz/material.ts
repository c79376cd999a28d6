import { checkPrimeSync, createECDH, type KeyObject, sign } from 'node:crypto';
import { type Asn1Node, der, encodeDer } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { keyObject, spkiOf } from './key-objects.ts';
import { Random } from './random.ts';

/**
 * Key pairs and certificates that are the same in every process, so that a seed and a number make a case again. They
 * come from a fixed seed, so nothing real may have them.
 */
export interface KeyMaterial {
  name: KeyName;
  /** PKCS#8, DER */
  pkcs8: Uint8Array;
  /** SubjectPublicKeyInfo, DER */
  publicKey: Uint8Array;
  /** X.509, DER; issued by the issuer's key. */
  certificate: Uint8Array;
}

export const keyNames = [
  'P-256',
  'P-384',
  'P-521',
  'RSA-2048',
  'another P-256',
  'secp256k1',
  'Ed25519',
] as const;
export type KeyName = (typeof keyNames)[number];

/** The kinds that the service makes, and the strict reader takes. */
export const ourKeyNames = ['P-256', 'P-384', 'P-521', 'RSA-2048'] as const satisfies readonly KeyName[];

const curves = { 'P-256': 32, 'P-384': 48, 'P-521': 66, secp256k1: 32 };

const curveOids: Record<keyof typeof curves, string> = {
  'P-256': '1.2.840.10045.3.1.7',
  'P-384': '1.3.132.0.34',
  'P-521': '1.3.132.0.35',
  secp256k1: '1.3.132.0.10',
};

let made: { keys: ReadonlyMap<KeyName, KeyMaterial>; issuer: Uint8Array } | undefined;

function all() {
  made ??= make();
  return made;
}

export function material(name: KeyName): KeyMaterial {
  const found = all().keys.get(name);
  if (found === undefined) throw new RangeError(`no key ${name}`);
  return found;
}

/** The certificate of the issuer, X.509, DER. */
export function issuerCertificate(): Uint8Array {
  return all().issuer;
}

function make() {
  const random = new Random('key material of the fuzzer');
  const rsa = rsaKey(random);
  const pkcs8: Record<KeyName, Uint8Array> = {
    'P-256': ecKey('P-256', random),
    'P-384': ecKey('P-384', random),
    'P-521': ecKey('P-521', random),
    'RSA-2048': rsa,
    'another P-256': ecKey('P-256', random),
    secp256k1: ecKey('secp256k1', random),
    Ed25519: edKey(random),
  };
  const issuerKey = rsaKey(random);
  const issuer = keyObject(issuerKey);
  const keys = keyNames.map((name): [KeyName, KeyMaterial] => {
    const publicKey = spkiOf(pkcs8[name]);
    const certificate = issued(`fuzz ${name}`, publicKey, issuer);
    return [name, { name, pkcs8: pkcs8[name], publicKey, certificate }];
  });
  return { keys: new Map(keys), issuer: issued('fuzz issuer', spkiOf(issuerKey), issuer) };
}

function ecKey(curve: keyof typeof curves, random: Random): Uint8Array {
  // A scalar that begins with a zero octet is below every order.
  const scalar = random.bytes(curves[curve]).fill(0, 0, 1);
  const ecdh = createECDH(
    { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1', secp256k1: 'secp256k1' }[curve],
  );
  ecdh.setPrivateKey(scalar);
  const key = der.sequence(
    der.integer(1),
    der.octetString(scalar),
    der.context(1, der.bitString(ecdh.getPublicKey())),
  );
  return pkcs8Of(der.sequence(der.oid(oids.ecPublicKey), der.oid(curveOids[curve])), key);
}

/** RFC 8410 section 7. */
function edKey(random: Random): Uint8Array {
  return pkcs8Of(der.sequence(der.oid('1.3.101.112')), der.octetString(random.bytes(32)));
}

function pkcs8Of(algorithm: Asn1Node, key: Asn1Node): Uint8Array {
  return encodeDer(der.sequence(der.integer(0), algorithm, der.octetString(encodeDer(key))));
}

function rsaKey(random: Random): Uint8Array {
  const e = 65_537n;
  const [p, q] = [prime(random), prime(random)].sort((a, b) => (a < b ? 1 : -1));
  if (p === undefined || q === undefined) throw new RangeError('two primes are needed');
  const d = inverse(e, (p - 1n) * (q - 1n));
  const numbers = [p * q, e, d, p, q, d % (p - 1n), d % (q - 1n), inverse(q, p)];
  const key = der.sequence(der.integer(0), ...numbers.map((number) => der.unsignedInteger(bytesOf(number))));
  return pkcs8Of(der.sequence(der.oid(oids.rsaEncryption), der.null()), key);
}

/** 1,024 bits, the two highest of them set. */
function prime(random: Random): bigint {
  const start = random.bytes(128);
  start[0] = 0xc0 | (start[0] ?? 0);
  let candidate = BigInt(`0x${Buffer.from(start).toString('hex')}`) | 1n;
  while (!checkPrimeSync(candidate) || candidate % 65_537n === 1n) candidate += 2n;
  return candidate;
}

/** The extended Euclidean algorithm. */
function inverse(of: bigint, modulus: bigint): bigint {
  let [low, high, x, y] = [of % modulus, modulus, 1n, 0n];
  while (low > 1n) {
    const quotient = high / low;
    [low, high, x, y] = [high - quotient * low, low, y - quotient * x, x];
  }
  return ((x % modulus) + modulus) % modulus;
}

function bytesOf(number: bigint): Uint8Array {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** A certificate whose signature is the same each time: PKCS#1 v1.5 needs no randomness. */
function issued(commonName: string, publicKey: Uint8Array, issuer: KeyObject): Uint8Array {
  const name = (text: string) =>
    der.sequence(der.set(der.sequence(der.oid(oids.commonName), der.utf8String(text))));
  const algorithm = der.sequence(der.oid(oids.sha256WithRSAEncryption), der.null());
  const toBeSigned = der.sequence(
    der.context(0, der.integer(2)),
    der.integer(commonName.length),
    algorithm,
    name('fuzz issuer'),
    der.sequence(der.time(new Date('2026-01-01')), der.time(new Date('2046-01-01'))),
    name(commonName),
    der.raw(publicKey),
  );
  const signature = sign('sha256', encodeDer(toBeSigned), issuer);
  return encodeDer(der.sequence(toBeSigned, algorithm, der.bitString(signature)));
}
