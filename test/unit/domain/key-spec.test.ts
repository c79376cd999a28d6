import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EscrowError } from '#domain/errors.ts';
import { keySpecNames, keySpecs, parseKeySpec } from '#domain/key-spec.ts';

function refusalOf(name: string): EscrowError {
  try {
    parseKeySpec(name);
  } catch (error) {
    if (error instanceof EscrowError) return error;
  }
  throw new TypeError(`${name} was not refused`);
}

describe('key specs', () => {
  it.each(keySpecNames)('%s is read by its name', (name) => {
    expect(parseKeySpec(name)).toBe(name);
  });

  it.each(['RSA_1', 'RSA_512', 'RSA_1024', 'RSA_2047'])('%s is below the floor', (name) => {
    const { code, details, message } = refusalOf(name);
    expect({ code, field: details.field }).toEqual({ code: 'key-spec-below-floor', field: 'keySpec' });
    expect(message).toContain('too weak');
  });

  it.each([
    '',
    'RSA',
    'RSA_2049',
    'RSA_8192',
    'RSA_-1',
    'rsa_2048',
    'RSA_2048 ',
    'RSA_999999',
    'ED25519',
    'toString',
  ])('"%s" is not made here', (name) => {
    const { code, details, next } = refusalOf(name);
    expect({ code, field: details.field }).toEqual({ code: 'invalid-input', field: 'keySpec' });
    for (const known of keySpecNames) expect(next).toContain(known);
  });

  it('never repeats a name that it does not know', () => {
    const { message, next } = refusalOf('my secret');
    expect(message + next).not.toContain('my secret');
  });

  it('gives every RSA spec its size, 2048 at least', () => {
    for (const name of keySpecNames) {
      const facts = keySpecs[name];
      if (facts.kind !== 'rsa') continue;
      expect(name).toBe(`RSA_${facts.modulusBits}`);
      expect(facts.modulusBits).toBeGreaterThanOrEqual(2048);
      expect(facts.signature).toBe('RSA_PKCS1_SHA256');
    }
  });

  it.each([
    ['ECC_NIST_P256', 'prime256v1', 'ECDSA_SHA256'],
    ['ECC_NIST_P384', 'secp384r1', 'ECDSA_SHA384'],
    ['ECC_NIST_P521', 'secp521r1', 'ECDSA_SHA512'],
  ] as const)('%s names its curve and OID as OpenSSL does', (name, opensslName, signature) => {
    const facts = keySpecs[name];
    if (facts.kind !== 'ec') throw new TypeError('not EC');
    expect(facts.signature).toBe(signature);
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: facts.curve });
    expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe(opensslName);
    const der = publicKey.export({ type: 'spki', format: 'der' });
    expect(der.includes(oidBytes(facts.curveOid))).toBe(true);
    expect(createPublicKey({ key: der, format: 'der', type: 'spki' }).asymmetricKeyType).toBe('ec');
  });
});

/** X.690 section 8.19, content octets */
function oidBytes(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return Buffer.from(octets);
}
