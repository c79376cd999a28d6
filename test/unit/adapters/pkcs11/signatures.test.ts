import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mechanisms } from '#adapters/pkcs11/mechanisms.ts';
import { ecdsaSignatureValue, signatureStrategies } from '#adapters/pkcs11/signatures.ts';
import { verifySignature } from '#crypto/public-key.ts';
import type { SignatureAlgorithm } from '#domain/key-spec.ts';

const message = Buffer.from('message');
const sha256 = createHash('sha256').update(message).digest();

describe('signatureStrategies', () => {
  it('give a token the DigestInfo of RFC 8017 section 9.2, note 1, to pad', () => {
    const [strategy] = signatureStrategies.RSA_PKCS1_SHA256;
    const prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex');
    expect(strategy?.mechanism).toEqual({ mechanism: mechanisms.CKM_RSA_PKCS });
    expect(Buffer.from(strategy?.input(message) ?? [])).toEqual(Buffer.concat([prefix, sha256]));
  });

  it.each<[SignatureAlgorithm, number, string]>([
    ['RSA_PSS_SHA256', mechanisms.CKM_RSA_PKCS_PSS, 'sha256'],
    ['ECDSA_SHA256', mechanisms.CKM_ECDSA, 'sha256'],
    ['ECDSA_SHA384', mechanisms.CKM_ECDSA, 'sha384'],
    ['ECDSA_SHA512', mechanisms.CKM_ECDSA, 'sha512'],
  ])('prefer, for %s, to give the token a digest', (algorithm, mechanism, hash) => {
    const [strategy] = signatureStrategies[algorithm];
    expect(strategy?.mechanism.mechanism).toBe(mechanism);
    expect(strategy?.input(message)).toEqual(createHash(hash).update(message).digest());
  });

  it.each<[SignatureAlgorithm, number]>([
    ['RSA_PKCS1_SHA256', mechanisms.CKM_SHA256_RSA_PKCS],
    ['RSA_PSS_SHA256', mechanisms.CKM_SHA256_RSA_PKCS_PSS],
    ['ECDSA_SHA256', mechanisms.CKM_ECDSA_SHA256],
    ['ECDSA_SHA384', mechanisms.CKM_ECDSA_SHA384],
    ['ECDSA_SHA512', mechanisms.CKM_ECDSA_SHA512],
  ])('let a token hash, for %s, as the second way', (algorithm, mechanism) => {
    const [, strategy] = signatureStrategies[algorithm];
    expect(strategy?.mechanism.mechanism).toBe(mechanism);
    expect(strategy?.input(message)).toBe(message);
  });

  it('ask for PSS with SHA-256, its MGF1, and a salt of 32 bytes', () => {
    // CK_RSA_PKCS_PSS_PARAMS: CKM_SHA256, CKG_MGF1_SHA256
    const parameter = { type: 5, hashAlg: 0x250, mgf: 2, saltLen: 32 };
    const given = signatureStrategies.RSA_PSS_SHA256.map(({ mechanism }) => mechanism.parameter);
    expect(given).toEqual([parameter, parameter]);
  });
});

describe('ecdsaSignatureValue', () => {
  it.each<[string, SignatureAlgorithm, string]>([
    ['P-256', 'ECDSA_SHA256', 'sha256'],
    ['P-384', 'ECDSA_SHA384', 'sha384'],
    ['P-521', 'ECDSA_SHA512', 'sha512'],
  ])('turns r and s of %s into DER that OpenSSL accepts', (namedCurve, algorithm, hash) => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    for (let index = 0; index < 50; index += 1) {
      const raw = sign(hash, Buffer.of(index), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      expect(verifySignature(spki, algorithm, Buffer.of(index), ecdsaSignatureValue(raw))).toBe(true);
    }
  });

  it('writes each number in the fewest bytes, and never as a negative one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 64 }), (bytes) => {
        const raw = bytes.subarray(0, bytes.length - (bytes.length % 2));
        const written = Buffer.from(ecdsaSignatureValue(raw)).toString('hex');
        const half = raw.length / 2;
        const numbers = [raw.subarray(0, half), raw.subarray(half)].map(derInteger).join('');
        expect(written).toBe(`30${(numbers.length / 2).toString(16).padStart(2, '0')}${numbers}`);
      }),
    );
  });
});

function derInteger(bytes: Uint8Array): string {
  const hex = BigInt(`0x${Buffer.from(bytes).toString('hex')}`).toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const positive = Number.parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even;
  return `02${(positive.length / 2).toString(16).padStart(2, '0')}${positive}`;
}
