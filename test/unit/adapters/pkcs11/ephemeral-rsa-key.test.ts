import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type EphemeralKeyPair, EphemeralRsaKey } from '#adapters/pkcs11/ephemeral-rsa-key.ts';

function seal(pair: EphemeralKeyPair, oaepHash: string, plaintext: Uint8Array): Buffer {
  const n = pair.modulus.toString('base64url');
  const e = pair.publicExponent.toString('base64url');
  const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
  return publicEncrypt({ key, oaepHash, padding: constants.RSA_PKCS1_OAEP_PADDING }, plaintext);
}

describe('EphemeralRsaKey', () => {
  it.each(['sha1', 'sha256'] as const)(
    'opens what was sealed to it by OAEP with %s, and nothing else',
    async (hash) => {
      const pair = await new EphemeralRsaKey().take();
      const sealed = seal(pair, hash, Buffer.from('transport key'));
      expect(Buffer.from(await pair.open(hash, sealed)).toString()).toBe('transport key');
      const otherHash = hash === 'sha1' ? 'sha256' : 'sha1';
      for (const [name, ciphertext] of [
        [otherHash, sealed],
        [hash, Buffer.alloc(384, 1)],
        [hash, Buffer.of(1)],
      ] as const) {
        await expect(pair.open(name, ciphertext)).rejects.toMatchObject({ code: 'provider-incapable' });
      }
    },
  );

  it('is of 3,072 bits unless another size is given, with the public exponent 65537', async () => {
    const { modulus, publicExponent } = await new EphemeralRsaKey().take();
    expect([modulus.length, publicExponent]).toEqual([384, Buffer.of(1, 0, 1)]);
    const smaller = await new EphemeralRsaKey({ bits: 2_048 }).take();
    expect(smaller.modulus.length).toBe(256);
  });

  it('is made anew after so many exports, or so long', async () => {
    let time = 0;
    const key = new EphemeralRsaKey({ exports: 2, milliseconds: 10, now: () => time });
    const first = await key.take();
    expect(await key.take()).toBe(first);
    const second = await key.take();
    expect(second.modulus.equals(first.modulus)).toBe(false);
    time = 9;
    expect(await key.take()).toBe(second);
    time = 10;
    const third = await key.take();
    expect(third.modulus.equals(second.modulus)).toBe(false);
    time = 20;
    expect((await key.take()).modulus.equals(third.modulus)).toBe(false);
  });

  it('is made once for callers who come at the same moment', async () => {
    const key = new EphemeralRsaKey();
    const [one, other] = await Promise.all([key.take(), key.take()]);
    expect(one).toBe(other);
  });
});
