import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { macMessage } from '#adapters/kms/mac-message.ts';
import { residentAlias } from '#adapters/kms/names.ts';
import { rawP256Signature } from '#adapters/kms/signing.ts';
import { der, encodeDer } from '#crypto/asn1.ts';
import { openedKms } from './opened-kms.ts';

const label = Buffer.from('enrollment-key-escrow: MAC of the SHA-512 of\0');

describe('macMessage', () => {
  it('is the message itself where AWS KMS takes it', () => {
    for (const length of [1, 32, 4_096]) {
      const message = randomBytes(length);
      expect(Buffer.from(macMessage(message)).equals(message)).toBe(true);
    }
  });

  it('is 1 to 4,096 bytes, and never that of another message', () => {
    const lengths = fc.constantFrom(0, 1, 64, 4_095, 4_096, 4_097, 100_000);
    const long = fc.tuple(lengths, fc.nat(255)).map(([length, byte]) => Buffer.alloc(length, byte));
    const labelled = fc.uint8Array({ maxLength: 100 }).map((rest) => Buffer.concat([label, rest]));
    const any = fc.oneof(long, labelled, fc.uint8Array({ maxLength: 5_000 }));
    fc.assert(
      fc.property(any, any, (one, other) => {
        const sent = Buffer.from(macMessage(one));
        expect(sent.length).toBeGreaterThan(0);
        expect(sent.length).toBeLessThanOrEqual(4_096);
        expect(sent.equals(macMessage(other))).toBe(Buffer.from(one).equals(other));
      }),
    );
  });

  it('of a message that looks like the hash of another is another', () => {
    const long = Buffer.alloc(5_000, 7);
    const hashed = macMessage(long);
    expect(Buffer.from(macMessage(hashed)).equals(hashed)).toBe(false);
  });

  it('makes a MAC that is HMAC-SHA256 for whoever holds the key', async () => {
    const { provider, double } = await openedKms();
    const key = Buffer.from(double.account.find('alias/escrow/mac').material ?? '', 'base64');
    const message = randomBytes(64);
    const expected = createHmac('sha256', key).update(message).digest();
    expect(expected.equals(await provider.mac(message))).toBe(true);
  });
});

describe('rawP256Signature', () => {
  it('is r and s of 32 bytes each, however short they are in DER', () => {
    const number = fc.uint8Array({ minLength: 1, maxLength: 32 });
    fc.assert(
      fc.property(number, number, (r, s) => {
        const value = encodeDer(der.sequence(der.unsignedInteger(r), der.unsignedInteger(s)));
        const padded = (bytes: Uint8Array) => Buffer.concat([Buffer.alloc(32 - bytes.length), bytes]);
        expect(Buffer.from(rawP256Signature(value)).equals(Buffer.concat([padded(r), padded(s)]))).toBe(true);
      }),
    );
  });
});

describe('residentAlias', () => {
  it('is one that AWS KMS takes, and never that of another name', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
    fc.assert(
      fc.property(name, name, (one, other) => {
        const alias = residentAlias('escrow', one) ?? '';
        expect(alias).toMatch(/^alias\/[A-Za-z0-9/_-]{1,250}$/);
        expect(alias === residentAlias('escrow', other)).toBe(one === other);
      }),
    );
  });

  it('is none for what is no name', () => {
    for (const name of ['', '../x', 'a/b', 'x'.repeat(129)]) {
      expect(residentAlias('escrow', name)).toBeUndefined();
    }
  });
});
