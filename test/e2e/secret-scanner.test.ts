import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formsOf, SecretScanner } from '#test/support/secret-scanner.ts';

const text = Buffer.from('Marked-secret-of-a-test');
const binary = Buffer.concat([Buffer.of(0, 0xff, 0x0a), randomBytes(29)]);
const scanner = new SecretScanner([
  { name: 'text', bytes: text },
  { name: 'binary', bytes: binary },
]);

/** In the midst of other bytes. */
const planted = (bytes: Uint8Array) => Buffer.concat([randomBytes(333), bytes, randomBytes(77)]);

describe('the scan for secrets', () => {
  it.each([
    ['plain', text],
    ['hex', text.toString('hex')],
    ['upper-case hex', text.toString('hex').toUpperCase()],
    ['base64 after 0', text.toString('base64')],
    ['base64 after 1', Buffer.concat([Buffer.from('a'), text]).toString('base64')],
    ['base64 after 2', Buffer.concat([Buffer.from('ab'), text, Buffer.from('c')]).toString('base64')],
    ['base64url after 0', text.toString('base64url')],
    ['base64url after 1', Buffer.concat([Buffer.from('?'), text]).toString('base64url')],
    ['base64url after 2', Buffer.concat([Buffer.from('??'), text]).toString('base64url')],
    ['plain in UTF-16LE', Buffer.from(text.toString(), 'utf16le')],
    ['plain in UTF-16BE', Buffer.from(text.toString(), 'utf16le').swap16()],
    ['hex in UTF-16LE', Buffer.from(text.toString('hex'), 'utf16le')],
    ['spaced hex', inspect(text)],
    ['spaced decimal list', inspect(new Uint8Array(text)).replaceAll(/\s+/g, ' ')],
    ['decimal list', JSON.stringify(text)],
    ['bytes by index', JSON.stringify(new Uint8Array(text))],
  ])('finds a planted text as %s', (form, bytes) => {
    expect(scanner.find(planted(Buffer.from(bytes)))).toContain(`text: ${form}`);
  });

  it('finds every form of text and of binary that it seeks, whatever stands around', () => {
    for (const [name, secret] of [['text', text] as const, ['binary', binary] as const]) {
      for (const { form, bytes } of formsOf(secret)) {
        expect(scanner.find(planted(bytes))).toContain(`${name}: ${form}`);
      }
    }
  });

  it('finds any secret in base64 of both alphabets at any place', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 9 }),
        fc.uint8Array({ minLength: 8, maxLength: 40 }),
        fc.uint8Array({ maxLength: 9 }),
        fc.constantFrom('base64' as const, 'base64url' as const),
        (before, bytes, after, encoding) => {
          const written = Buffer.from(Buffer.concat([before, bytes, after]).toString(encoding));
          const form = `${encoding} after ${before.length % 3}`;
          expect(new SecretScanner([{ name: 's', bytes }]).find(written)).toContain(`s: ${form}`);
        },
      ),
    );
  });

  it('finds a key in PEM, also within JSON, where lines are broken', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const d = Buffer.from(createPrivateKey(pem).export({ format: 'jwk' }).d ?? '', 'base64url');
    const keys = new SecretScanner([{ name: 'd', bytes: d }]);
    for (const written of [pem, JSON.stringify({ pem }), JSON.stringify(JSON.stringify({ pem }))]) {
      expect(keys.find(Buffer.from(written))).toHaveLength(1);
    }
  });

  it('finds nothing where nothing is', () => {
    expect(scanner.find(randomBytes(100_000))).toEqual([]);
    expect(scanner.find(text.subarray(0, -1))).toEqual([]);
  });

  it('takes nothing that is found by chance everywhere', () => {
    expect(() => new SecretScanner([{ name: 'short', bytes: Buffer.from('1234567') }])).toThrow('too short');
  });
});
