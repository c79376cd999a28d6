import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyWrapName, keyWraps, openRfc5649, wrapByRfc5649 } from '#adapters/pkcs11/key-wrap.ts';

describe('RFC 5649', () => {
  it('opens what it wrapped, of any length, and nothing that was altered', () => {
    const key = randomBytes(32);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), fc.nat(), (plaintext, place) => {
        const wrapped = wrapByRfc5649(key, plaintext);
        expect(new Uint8Array(openRfc5649(key, wrapped))).toEqual(plaintext);
        const altered = Uint8Array.from(wrapped);
        const index = place % altered.length;
        altered[index] = (altered[index] ?? 0) ^ 1;
        expect(() => openRfc5649(key, altered)).toThrow(
          expect.objectContaining({ code: 'provider-incapable' }),
        );
      }),
    );
  });

  it('is told from a wrapping under another key, and from none', () => {
    const wrapped = wrapByRfc5649(randomBytes(32), Buffer.from('key'));
    for (const other of [wrapped, Buffer.alloc(0), Buffer.alloc(80, 1)]) {
      expect(() => openRfc5649(randomBytes(32), other)).toThrow('the token does not wrap keys by RFC 5649');
    }
  });

  it('has 4 bytes of its own before the length (section 3), and 8 more bytes than the padded plaintext', () => {
    expect(wrapByRfc5649(randomBytes(32), Buffer.alloc(20))).toHaveLength(32);
    expect(wrapByRfc5649(randomBytes(32), Buffer.alloc(7))).toHaveLength(16);
  });
});

describe('keyWraps', () => {
  it('are tried in the order in which they are known to be RFC 5649, each under a name of its own', () => {
    expect(keyWraps.map(keyWrapName)).toEqual([
      'CKM_AES_KEY_WRAP_KWP',
      'CKM_AES_KEY_WRAP_PAD',
      'CKM_AES_KWP',
      'CKM_AES_KWP with its initial value',
      'CKM_CLOUDHSM_AES_KEY_WRAP_ZERO_PAD',
    ]);
  });
});
