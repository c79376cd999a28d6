import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ecPublicKey, subjectPublicKeyInfo } from '#adapters/pkcs11/public-key.ts';

describe('ecPublicKey', () => {
  const curves = [
    ['P-256', 65],
    ['P-384', 97],
    ['P-521', 133],
  ] as const;

  it.each(curves)('reads a point on %s in its OCTET STRING, and bare', (curve, length) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    const bare = spki.subarray(-length);
    const head = Buffer.from(length < 0x80 ? [4, length] : [4, 0x81, length]);
    for (const point of [bare, Buffer.concat([head, bare])]) {
      expect(Buffer.from(subjectPublicKeyInfo(ecPublicKey(curve, point)))).toEqual(spki);
    }
  });

  it('refuses what is no uncompressed point of the curve', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const bare = publicKey.export({ format: 'der', type: 'spki' }).subarray(-65);
    const compressed = Buffer.concat([Buffer.of(2), bare.subarray(1, 33)]);
    const wrongs = [
      Buffer.alloc(0),
      bare.subarray(1),
      compressed,
      Buffer.concat([Buffer.of(4, 64), bare]),
      Buffer.concat([Buffer.of(0), bare]),
    ];
    for (const wrong of wrongs) {
      expect(() => ecPublicKey('P-256', wrong)).toThrow(
        expect.objectContaining({ code: 'provider-incapable' }),
      );
    }
  });
});
