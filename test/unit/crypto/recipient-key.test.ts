import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseRecipientKey } from '#crypto/locks.ts';
import { parseRecoveryKey } from '#crypto/sealing.ts';

type Jwk = Record<string, unknown>;

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ecJwk = ec.publicKey.export({ format: 'jwk' });
const rsaJwk = rsa.publicKey.export({ format: 'jwk' });

/** The bytes of a base64url member, changed, as base64url. */
function changed(member: string | undefined, change: (bytes: Buffer) => Buffer): string {
  return change(Buffer.from(member ?? '', 'base64url')).toString('base64url');
}

function flipLastBit(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, -1), Buffer.of((bytes.at(-1) ?? 0) ^ 1)]);
}

describe('parseRecipientKey', () => {
  it.each(['P-256', 'P-384', 'P-521'])('takes EC on %s', (namedCurve) => {
    const jwk = generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' });
    expect(parseRecipientKey(jwk)).toEqual(jwk);
  });

  it.each([2048, 3072])('takes RSA of %i bits', (modulusLength) => {
    const jwk = generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
    expect(parseRecipientKey(jwk)).toEqual(jwk);
  });

  it('drops members that the lock does not need, a false kid among them', () => {
    const sent = { ...ecJwk, kid: 'mine', use: 'enc', alg: 'ECDH-ES+A256KW', x5c: ['...'], note: 'n' };
    expect(parseRecipientKey(sent)).toEqual(ecJwk);
  });

  const padded = (text: string | undefined) => `${text}=`;
  const leadingZero = (bytes: Buffer) => Buffer.concat([Buffer.of(0), bytes]);
  const cases: [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['text', 'a key'],
    ['an empty object', {}],
    ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0' }],
    ['a private EC key', ec.privateKey.export({ format: 'jwk' })],
    ['a private RSA key', rsa.privateKey.export({ format: 'jwk' })],
    ['a public key with a private member of another type', { ...ecJwk, p: 'AQ' }],
    ['an Ed25519 key', generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })],
    ['an X25519 key', generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })],
    ['secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' })],
    ['a point off the curve', { ...ecJwk, y: changed(ecJwk.y, flipLastBit) }],
    ['the point of another curve', { ...ecJwk, crv: 'P-384' }],
    ['a missing coordinate', { kty: 'EC', crv: 'P-256', x: ecJwk.x }],
    ['a padded coordinate', { ...ecJwk, x: padded(ecJwk.x) }],
    ['a coordinate with a leading zero', { ...ecJwk, x: changed(ecJwk.x, leadingZero) }],
    ['a signature key', { ...ecJwk, use: 'sig' }],
    [
      'RSA of 1024 bits',
      generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }),
    ],
    ['an overlong modulus', { ...rsaJwk, n: 'A'.repeat(3_000) }],
    ['an RSA modulus of 9,000 bits', { ...rsaJwk, n: Buffer.alloc(1_125, 0xff).toString('base64url') }],
    ['an even modulus', { ...rsaJwk, n: changed(rsaJwk.n, flipLastBit) }],
    ['a modulus with a leading zero', { ...rsaJwk, n: changed(rsaJwk.n, leadingZero) }],
    ['the exponent 1', { ...rsaJwk, e: 'AQ' }],
    ['the exponent 3', { ...rsaJwk, e: 'Aw' }],
    ['an even exponent', { ...rsaJwk, e: 'AQAC' }],
  ];

  it.each(cases)('refuses %s', (_name, value) => {
    expect(() => parseRecipientKey(value)).toThrow(
      expect.objectContaining({
        code: 'recipient-key-invalid',
        details: expect.objectContaining({ field: 'recipientKey' }),
      }),
    );
  });

  it('tells whoever sent a private key that it is burnt, without repeating it', () => {
    const sent: Jwk = { ...ec.privateKey.export({ format: 'jwk' }) };
    const refusal = expect.objectContaining({
      message: 'recipientKey: is a private key',
      next: expect.stringContaining('make a new key pair'),
    });
    expect(() => parseRecipientKey(sent)).toThrow(refusal);
  });

  it('answers a key that OpenSSL reads as the one that was sent', () => {
    const key = createPublicKey({ key: { ...parseRecipientKey(rsaJwk) }, format: 'jwk' });
    expect(key.equals(rsa.publicKey)).toBe(true);
  });
});

describe('parseRecoveryKey', () => {
  it('takes EC and drops its kid', () => {
    expect(parseRecoveryKey({ ...ecJwk, kid: 'mine' })).toEqual(ecJwk);
  });

  it.each([
    ['RSA', rsaJwk],
    ['a private key', ec.privateKey.export({ format: 'jwk' })],
  ])('refuses %s', (_name, value) => {
    expect(() => parseRecoveryKey(value)).toThrow(
      expect.objectContaining({
        code: 'recipient-key-invalid',
        details: expect.objectContaining({ field: 'recoveryKey' }),
      }),
    );
  });
});
