import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finishPrivateKeyInfo } from '#adapters/private-key-info.ts';

const curves = ['P-256', 'P-384', 'P-521'];

function pkcs8(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'pkcs8' });
}

/** The PKCS#8 of an EC key as a token writes it: without the public key, which stands at the end as `[1]`. */
function withoutPublicKey(key: KeyObject): Buffer {
  const jwk = key.export({ format: 'jwk' });
  const scalar = Buffer.from(jwk.d ?? '', 'base64url');
  const inner = sequence(Buffer.from('020101', 'hex'), tagged(0x04, scalar));
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const algorithm = spki.subarray(spki[1] === 0x81 ? 3 : 2);
  return sequence(
    Buffer.from('020100', 'hex'),
    algorithm.subarray(0, 2 + (algorithm[1] ?? 0)),
    tagged(0x04, inner),
  );
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, content: Buffer): Buffer {
  const head = content.length < 0x80 ? [tag, content.length] : [tag, 0x81, content.length];
  return Buffer.concat([Buffer.from(head), content]);
}

describe('finishPrivateKeyInfo', () => {
  it.each(curves)('puts the public key into a private key on %s that lacks it', (namedCurve) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const bare = withoutPublicKey(privateKey);
    expect(bare.length).toBeLessThan(pkcs8(privateKey).length);
    const finished = finishPrivateKeyInfo(Buffer.from(bare), publicKey);
    expect(Buffer.from(finished.bytes())).toEqual(pkcs8(privateKey));
    expect(Buffer.from(finishPrivateKeyInfo(bare).bytes())).toEqual(pkcs8(privateKey));
  });

  it.each(curves)('leaves a private key on %s as it is that has it', (namedCurve) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const finished = finishPrivateKeyInfo(pkcs8(privateKey), publicKey);
    expect(Buffer.from(finished.bytes())).toEqual(pkcs8(privateKey));
  });

  it('leaves an RSA key as it is', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(Buffer.from(finishPrivateKeyInfo(pkcs8(privateKey), publicKey).bytes())).toEqual(
      pkcs8(privateKey),
    );
  });

  it('takes away the zeros of padding, and refuses anything else behind the key', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const padded = Buffer.concat([withoutPublicKey(privateKey), Buffer.alloc(5)]);
    const finished = Buffer.from(finishPrivateKeyInfo(Buffer.from(padded)).bytes());
    expect(finished).toEqual(pkcs8(privateKey));
    padded[padded.length - 1] = 1;
    expect(() => finishPrivateKeyInfo(padded)).toThrow(
      expect.objectContaining({ code: 'wrapped-key-invalid' }),
    );
  });

  it('erases what it was given, also when it refuses it', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const opened = pkcs8(privateKey);
    const finished = finishPrivateKeyInfo(opened);
    expect(opened.every((byte) => byte === 0)).toBe(true);
    expect(
      createPrivateKey({ key: Buffer.from(finished.bytes()), format: 'der', type: 'pkcs8' }),
    ).toBeDefined();
    const refused = Buffer.from('no key at all');
    expect(() => finishPrivateKeyInfo(refused)).toThrow();
    expect(refused.every((byte) => byte === 0)).toBe(true);
  });

  it('refuses the private key of another public key', () => {
    const [one, other] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }));
    expect(() => finishPrivateKeyInfo(pkcs8(present(one).privateKey), present(other).publicKey)).toThrow(
      expect.objectContaining({ code: 'wrapped-key-invalid' }),
    );
  });

  it('refuses everything that is no private key by the same code', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const whole = withoutPublicKey(privateKey);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.uint8Array({ maxLength: 40 }), (length, noise) => {
        for (const bytes of [whole.subarray(0, length), noise]) {
          expect(() => finishPrivateKeyInfo(Buffer.from(bytes))).toThrow(
            expect.objectContaining({ code: 'wrapped-key-invalid' }),
          );
        }
      }),
    );
  });
});

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('missing');
  return value;
}
