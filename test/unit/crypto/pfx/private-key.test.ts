import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { der, encodeDer } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { carriesPublicKey, wholeKey } from '#crypto/pfx/private-key.ts';
import { samePublicKey } from '#crypto/pfx/public-keys.ts';
import { PfxError } from '#domain/errors.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { Secret } from '#domain/secret.ts';
import { anotherKeyPair, keyPair } from '../key-pairs.ts';

const publicOf = (spki: Uint8Array) =>
  createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
const pkcs8Of = (key: KeyObject) => new Secret(new Uint8Array(key.export({ format: 'der', type: 'pkcs8' })));

const damaged = 'pfx-key-damaged: The private key in the file is damaged.';

/** The code and message of the refusal. */
function refusal(pkcs8: Secret): string {
  try {
    wholeKey(pkcs8);
  } catch (error) {
    if (error instanceof PfxError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
}

/** PrivateKeyInfo of an RSAPrivateKey made of these numbers. */
function rsaOf(version: number, ...numbers: Uint8Array[]): Secret {
  const key = der.sequence(der.integer(version), ...numbers.map((number) => der.unsignedInteger(number)));
  const algorithm = der.sequence(der.oid(oids.rsaEncryption), der.null());
  return new Secret(encodeDer(der.sequence(der.integer(0), algorithm, der.octetString(encodeDer(key)))));
}

describe('a private key', () => {
  it.each(keySpecNames)('of %s is whole, and carries its own public key and no other', (spec) => {
    const { privateKey, publicKey } = keyPair(spec);
    const own = publicOf(publicKey);
    expect(samePublicKey(wholeKey(privateKey), own)).toBe(true);
    expect(carriesPublicKey(privateKey, own)).toBe(true);
    for (const other of ['ECC_NIST_P256', 'ECC_NIST_P384', 'RSA_2048'] as const) {
      const another = publicOf(anotherKeyPair(other).publicKey);
      expect(carriesPublicKey(privateKey, another)).toBe(false);
    }
  });

  it('without its public half inside is whole too', () => {
    const { privateKey, publicKey } = keyPair('ECC_NIST_P256');
    const { d = '' } = createPrivateKey({
      key: Buffer.from(privateKey.bytes()),
      format: 'der',
      type: 'pkcs8',
    }).export({ format: 'jwk' });
    const key = encodeDer(der.sequence(der.integer(1), der.octetString(Buffer.from(d, 'base64url'))));
    const algorithm = der.sequence(der.oid(oids.ecPublicKey), der.oid('1.2.840.10045.3.1.7'));
    const bare = new Secret(encodeDer(der.sequence(der.integer(0), algorithm, der.octetString(key))));
    expect(samePublicKey(wholeKey(bare), publicOf(publicKey))).toBe(true);
  });

  it('leaves no error behind for the next one, whatever it was compared with', () => {
    const ec = keyPair('ECC_NIST_P256');
    const rsa = publicOf(keyPair('RSA_2048').publicKey);
    expect(samePublicKey(publicOf(ec.publicKey), rsa)).toBe(false);
    expect(samePublicKey(wholeKey(ec.privateKey), publicOf(ec.publicKey))).toBe(true);
    expect(carriesPublicKey(ec.privateKey, rsa)).toBe(false);
    expect(samePublicKey(wholeKey(ec.privateKey), publicOf(ec.publicKey))).toBe(true);
  });

  it('stays as it was', () => {
    const { privateKey } = keyPair('RSA_2048');
    const before = Buffer.from(privateKey.bytes());
    wholeKey(privateKey);
    expect(before.equals(privateKey.bytes())).toBe(true);
  });
});

describe('keys that are not taken', () => {
  it.each([
    [
      'explicit curve parameters',
      () => generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }),
    ],
    ['the curve secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
    ['a Brainpool curve', () => generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' })],
  ])('EC with %s', (_, make) => {
    const why = 'the EC key is not on the named curve P-256, P-384 or P-521';
    expect(refusal(pkcs8Of(make().privateKey))).toBe(`pfx-unsupported: ${why}`);
  });

  /** PrivateKeyInfo that names P-256, around an ECPrivateKey with these parameters of its own. */
  function ecWithin(sec1: Uint8Array): Secret {
    const algorithm = der.sequence(der.oid(oids.ecPublicKey), der.oid('1.2.840.10045.3.1.7'));
    return new Secret(encodeDer(der.sequence(der.integer(0), algorithm, der.octetString(sec1))));
  }

  it.each([
    ['P-384', { namedCurve: 'P-384' }],
    ['secp256k1', { namedCurve: 'secp256k1' }],
    ['explicit parameters', { namedCurve: 'P-256', paramEncoding: 'explicit' }],
  ] as const)('EC that is called P-256 outside, and has %s inside, which OpenSSL goes by', (_, curve) => {
    const { privateKey } = generateKeyPairSync('ec', curve);
    const key = ecWithin(privateKey.export({ format: 'der', type: 'sec1' }));
    expect(refusal(key)).toBe('pfx-malformed: the EC key is said to be on two curves');
  });

  it('but EC that says its curve twice, the same, is', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = ecWithin(privateKey.export({ format: 'der', type: 'sec1' }));
    expect(samePublicKey(wholeKey(key), publicKey)).toBe(true);
  });

  it.each([
    ['Ed25519', () => generateKeyPairSync('ed25519')],
    ['X25519', () => generateKeyPairSync('x25519')],
    ['RSA-PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2_048 })],
  ])('%s', (_, make) => {
    expect(refusal(pkcs8Of(make().privateKey))).toBe(
      'pfx-unsupported: the private key is neither RSA nor EC',
    );
  });

  const one = Uint8Array.of(1);
  const eight = (first: Uint8Array) => [first, ...Array.from({ length: 7 }, () => one)];

  it('RSA with more than two primes', () => {
    expect(refusal(rsaOf(1, ...eight(one)))).toBe('pfx-unsupported: the RSA key has more than two primes');
  });

  it('RSA larger than any that is in use', () => {
    const huge = new Uint8Array(1_026).fill(0x7f);
    expect(refusal(rsaOf(0, ...eight(huge)))).toBe('pfx-unsupported: the RSA key is larger than 8,192 bits');
    expect(refusal(rsaOf(0, ...eight(huge.subarray(2))))).toBe(damaged);
  });

  it.each([
    ['nothing', () => new Uint8Array()],
    ['text', () => Buffer.from('-----BEGIN PRIVATE KEY-----')],
    ['a public key', () => keyPair('RSA_2048').publicKey],
    ['RSA with seven numbers', () => rsaOf(0, one, one, one, one, one, one, one).bytes()],
    ['RSA with nine', () => rsaOf(0, ...eight(one), one).bytes()],
    ['bytes after it', () => Buffer.concat([keyPair('RSA_2048').privateKey.bytes(), one])],
    ['version 2', () => encodeDer(der.sequence(der.integer(2), der.sequence(der.oid(oids.rsaEncryption))))],
  ])('%s', (_, bytes) => {
    expect(refusal(new Secret(bytes()))).toMatch(/^pfx-malformed: /);
  });
});

describe('an RSA key of impossible numbers', () => {
  it.each([
    ['all zero', 0],
    ['all one', 1],
  ])('%s is damaged', (_, value) => {
    const key = rsaOf(0, ...Array.from({ length: 8 }, () => Uint8Array.of(value)));
    expect(refusal(key)).toBe(damaged);
    expect(carriesPublicKey(key, publicOf(keyPair('RSA_2048').publicKey))).toBe(false);
  });
});
