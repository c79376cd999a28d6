import { describe, expect, it } from 'vitest';
import { verifySignature } from '#crypto/public-key.ts';
import { privateKeySigner } from '#crypto/signer.ts';
import { keySpecNames, keySpecs } from '#domain/key-spec.ts';
import { Secret } from '#domain/secret.ts';
import { anotherKeyPair, keyPair } from './key-pairs.ts';

const message = new TextEncoder().encode('a message');

describe('privateKeySigner', () => {
  it.each(keySpecNames)('signs by the algorithm of %s', async (spec) => {
    const { publicKey, signer } = keyPair(spec);
    const signature = await signer.sign(message);
    expect(signer.algorithm).toBe(keySpecs[spec].signature);
    expect(verifySignature(publicKey, signer.algorithm, message, signature)).toBe(true);
  });

  it('goes on signing after the caller erased the secret', async () => {
    const { publicKey, privateKey, signer } = anotherKeyPair('ECC_NIST_P256');
    privateKey.erase();
    const signature = await signer.sign(message);
    expect(verifySignature(publicKey, 'ECDSA_SHA256', message, signature)).toBe(true);
  });

  it('reads a key that stands in the middle of a larger buffer', async () => {
    const { publicKey, privateKey } = keyPair('ECC_NIST_P256');
    const bytes = privateKey.bytes();
    const larger = new Uint8Array(bytes.length + 20).fill(7);
    larger.set(bytes, 9);
    const signer = privateKeySigner(new Secret(larger.subarray(9, 9 + bytes.length)), 'ECC_NIST_P256');
    const signature = await signer.sign(message);
    expect(verifySignature(publicKey, 'ECDSA_SHA256', message, signature)).toBe(true);
  });

  it('refuses a key of another spec', () => {
    const { privateKey } = keyPair('ECC_NIST_P256');
    expect(() => privateKeySigner(privateKey, 'ECC_NIST_P384')).toThrow(
      expect.objectContaining({ code: 'wrapped-key-invalid' }),
    );
  });

  it('refuses bytes that are no private key', () => {
    expect(() => privateKeySigner(Secret.fromText('not a key'), 'RSA_2048')).toThrow(
      expect.objectContaining({ code: 'wrapped-key-invalid' }),
    );
  });
});
