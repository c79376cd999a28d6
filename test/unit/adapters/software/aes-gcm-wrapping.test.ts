import { createDecipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unwrapPrivateKey, wrapPrivateKey } from '#adapters/software/aes-gcm-wrapping.ts';
import { Secret } from '#domain/secret.ts';

const key = new Secret(new Uint8Array(32).fill(7));
const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });

describe('AES-256-GCM wrapping', () => {
  it('gives back what was wrapped, under the same key and associated bytes', () => {
    fc.assert(
      fc.property(bytes, bytes, (privateKey, associated) => {
        const wrapped = wrapPrivateKey(key, new Secret(privateKey), associated);
        expect(Buffer.from(unwrapPrivateKey(key, wrapped, associated).bytes()).equals(privateKey)).toBe(true);
      }),
    );
  });

  it('refuses other associated bytes, and another key', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (privateKey, associated, other) => {
        fc.pre(!Buffer.from(associated).equals(other));
        const wrapped = wrapPrivateKey(key, new Secret(privateKey), associated);
        expect(() => unwrapPrivateKey(key, wrapped, other)).toThrow(
          expect.objectContaining({ code: 'wrapped-key-invalid' }),
        );
        const another = new Secret(new Uint8Array(32).fill(8));
        expect(() => unwrapPrivateKey(another, wrapped, associated)).toThrow(
          expect.objectContaining({ code: 'wrapped-key-invalid' }),
        );
      }),
    );
  });

  it('never wraps twice alike', () => {
    const wrap = () => Buffer.from(wrapPrivateKey(key, Secret.fromText('x'), Buffer.of(1))).toString('hex');
    expect(new Set(Array.from({ length: 200 }, wrap)).size).toBe(200);
  });

  it('is laid out as version, nonce, ciphertext, tag', () => {
    const wrapped = Buffer.from(wrapPrivateKey(key, Secret.fromText('private'), Buffer.from('context')));
    const decipher = createDecipheriv('aes-256-gcm', key.bytes(), wrapped.subarray(1, 13));
    decipher.setAAD(Buffer.from('context')).setAuthTag(wrapped.subarray(-16));
    const opened = Buffer.concat([decipher.update(wrapped.subarray(13, -16)), decipher.final()]);
    expect([wrapped[0], opened.toString()]).toEqual([1, 'private']);
  });
});
