import { createHash, ECDH, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makePlaceholderCertificate } from '#crypto/placeholder-certificate.ts';
import { certificatePublicKey, keySpecOf, spkiSha256, verifySignature } from '#crypto/public-key.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { anotherKeyPair, keyPair, spkiOf, withByteChanged } from './key-pairs.ts';

const message = new TextEncoder().encode('a message');

describe('spkiSha256', () => {
  it('is the SHA-256 of the DER, in hexadecimal', () => {
    const { publicKey } = keyPair('ECC_NIST_P256');
    expect(spkiSha256(publicKey)).toBe(createHash('sha256').update(publicKey).digest('hex'));
  });
});

describe('certificatePublicKey', () => {
  it.each(keySpecNames)('answers the key of %s as it went in', async (spec) => {
    const { publicKey, signer } = keyPair(spec);
    const subject = { commonName: 'N' };
    const made = { subject, label: 'l', purpose: 'identity', publicKey, signer, now: new Date() } as const;
    const certificate = await makePlaceholderCertificate(made);
    expect(new Uint8Array(certificatePublicKey(certificate))).toEqual(publicKey);
  });
});

describe('keySpecOf', () => {
  it.each(keySpecNames)('knows %s', (spec) => {
    expect(keySpecOf(keyPair(spec).publicKey)).toBe(spec);
  });

  it.each([
    ['RSA of 1024 bits', () => spkiOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)],
    ['RSA-PSS', () => spkiOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey)],
    ['secp256k1', () => spkiOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)],
    ['Ed25519', () => spkiOf(generateKeyPairSync('ed25519').publicKey)],
    ['no key at all', () => new TextEncoder().encode('no key')],
    ['nothing', () => new Uint8Array()],
  ])('does not know %s', (_name, make) => {
    expect(keySpecOf(make())).toBeUndefined();
  });

  it('refuses a second encoding of a key that it knows', () => {
    const { publicKey } = keyPair('ECC_NIST_P256');
    expect(keySpecOf(Uint8Array.of(...publicKey, 0))).toBeUndefined();
    const indefinite = Uint8Array.of(0x30, 0x80, ...publicKey.subarray(2), 0, 0);
    expect(keySpecOf(indefinite)).toBeUndefined();
  });
});

describe('verifySignature', () => {
  it.each(keySpecNames)('sees a changed byte in message, signature or key of %s', async (spec) => {
    const { publicKey, signer } = keyPair(spec);
    const signature = await signer.sign(message);
    const check = (key: Uint8Array, text: Uint8Array, signed: Uint8Array) =>
      verifySignature(key, signer.algorithm, text, signed);
    expect(check(publicKey, message, signature)).toBe(true);
    expect(check(publicKey, withByteChanged(message, 3), signature)).toBe(false);
    expect(check(publicKey, message, withByteChanged(signature, signature.length - 1))).toBe(false);
    expect(check(withByteChanged(publicKey, publicKey.length - 9), message, signature)).toBe(false);
    expect(check(publicKey, message, signature.subarray(1))).toBe(false);
    expect(check(publicKey, message, new Uint8Array())).toBe(false);
  });

  it('refuses the signature of another key', async () => {
    const signature = await anotherKeyPair('ECC_NIST_P256').signer.sign(message);
    const { publicKey } = keyPair('ECC_NIST_P256');
    expect(verifySignature(publicKey, 'ECDSA_SHA256', message, signature)).toBe(false);
  });

  it('refuses an algorithm that is not that of the key, though the key could', async () => {
    const { publicKey, signer } = keyPair('ECC_NIST_P256');
    const signature = await signer.sign(message);
    expect(verifySignature(publicKey, 'RSA_PKCS1_SHA256', message, signature)).toBe(false);
    expect(verifySignature(publicKey, 'ECDSA_SHA512', message, signature)).toBe(false);
  });

  it('refuses a point that is not on the curve', async () => {
    const { publicKey, signer } = keyPair('ECC_NIST_P256');
    const signature = await signer.sign(message);
    const offCurve = withByteChanged(publicKey, publicKey.length - 1);
    expect(() => ECDH.convertKey(offCurve.subarray(-65), 'prime256v1')).toThrow();
    expect(verifySignature(offCurve, 'ECDSA_SHA256', message, signature)).toBe(false);
  });
});
