import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeKeyContext } from '#adapters/key-context.ts';
import { isKeyName } from '#adapters/key-name.ts';
import { receiptJwk } from '#adapters/receipt-jwk.ts';
import { purposes } from '#domain/purpose.ts';

describe('encodeKeyContext', () => {
  const context = fc.record({
    organization: fc.string(),
    enrollmentId: fc.string(),
    purpose: fc.constantFrom(...purposes),
  });

  it('encodes two labels and contexts alike only if they are the same', () => {
    fc.assert(
      fc.property(fc.string(), context, fc.string(), context, (label, one, otherLabel, other) => {
        const same = JSON.stringify([label, one]) === JSON.stringify([otherLabel, other]);
        const alike = Buffer.from(encodeKeyContext(label, one)).equals(encodeKeyContext(otherLabel, other));
        expect(alike).toBe(same);
      }),
    );
  });

  it('puts a length before each field', () => {
    const bytes = encodeKeyContext('l', { organization: 'é', enrollmentId: '', purpose: 'identity' });
    const expected = '00000001 6c 00000002 c3a9 00000000 00000008 6964656e74697479';
    expect(Buffer.from(bytes).toString('hex')).toBe(expected.replaceAll(' ', ''));
  });
});

describe('isKeyName', () => {
  it('takes letters, digits, dots, hyphens and underscores', () => {
    const names = ['a', '0', 'enr_01.att-02', 'x'.repeat(128)];
    expect(names.filter(isKeyName)).toEqual(names);
  });

  it('takes nothing that leads out of a folder, or hides in it', () => {
    const names = ['', '.', '..', '.a', '-a', '_a', 'a/..', '../a', 'a\\b', 'a\n', 'a:b', 'x'.repeat(129)];
    expect(names.filter(isKeyName)).toEqual([]);
  });
});

describe('receiptJwk', () => {
  it('refuses a key on another curve, and one that is not EC', () => {
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    for (const key of [p384, rsa]) {
      expect(() => receiptJwk(key)).toThrow(expect.objectContaining({ code: 'provider-misconfigured' }));
    }
  });
});
