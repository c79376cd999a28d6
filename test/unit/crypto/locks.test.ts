import { createHmac, hkdfSync, pbkdf2Sync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { compactDecrypt, exportJWK, generateKeyPair, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  type LockContext,
  lockByNothing,
  lockByPassword,
  lockKindOf,
  lockToRecipient,
  openAsRecipient,
  openByPassword,
  openHeld,
} from '#crypto/locks.ts';
import { ProviderError } from '#domain/errors.ts';
import type { PublicJwk } from '#domain/public-jwk.ts';
import { Secret } from '#domain/secret.ts';

const wrapped = new Uint8Array(randomBytes(120));
const context: LockContext = { organization: 'org-1', enrollmentId: 'enr_1' };
const macKey = randomBytes(32);
const password = () => Secret.fromText('correct horse battery');

async function mac(message: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(createHmac('sha256', macKey).update(message).digest());
}

type Fields = Record<string, unknown>;

function fieldsOf(locked: Uint8Array): Fields {
  const fields: Fields = JSON.parse(new TextDecoder().decode(locked));
  return fields;
}

function withFields(locked: Uint8Array, change: Fields): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ ...fieldsOf(locked), ...change }));
}

/** The record with its JWE's header changed, as somebody who can write to the store would. */
function withHeader(locked: Uint8Array, change: Fields): Uint8Array {
  const [header = '', ...rest] = String(fieldsOf(locked)['jwe']).split('.');
  const fields: Fields = JSON.parse(Buffer.from(header, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...fields, ...change })).toString('base64url');
  return withFields(locked, { jwe: [forged, ...rest].join('.') });
}

async function recipient(
  algorithm: string,
  options = {},
): Promise<{ publicKey: PublicJwk; privateKey: JWK }> {
  const pair = await generateKeyPair(algorithm, { extractable: true, ...options });
  return {
    publicKey: { ...(await exportJWK(pair.publicKey)), kty: algorithm.startsWith('RSA') ? 'RSA' : 'EC' },
    privateKey: await exportJWK(pair.privateKey),
  };
}

describe('the lock by password', () => {
  it('opens with the password, the provider and the context together', async () => {
    const locked = await lockByPassword({ wrapped, password: password(), context, mac });
    expect(lockKindOf(locked)).toBe('password');
    expect(await openByPassword({ locked, password: password(), context, mac })).toEqual(wrapped);
  });

  it('is the construction that the format says, by other means', async () => {
    const locked = await lockByPassword({ wrapped, password: password(), context, mac });
    const { salt, jwe } = fieldsOf(locked);
    const saltBytes = Buffer.from(String(salt), 'base64url');
    expect(saltBytes.length).toBe(16);
    const stretched = pbkdf2Sync('correct horse battery', saltBytes, 210_000, 64, 'sha512');
    const label = Buffer.from('enrollment-key-escrow/v1/lock-by-password\0');
    const keyed = createHmac('sha256', macKey).update(label).update(stretched).digest();
    const info = '["enrollment-key-escrow/v1/key-encryption-key","org-1","enr_1"]';
    const key = new Uint8Array(hkdfSync('sha256', keyed, '', info, 32));
    const { plaintext, protectedHeader } = await compactDecrypt(String(jwe), key);
    expect(plaintext).toEqual(wrapped);
    expect(protectedHeader).toEqual({
      alg: 'A256KW',
      enc: 'A256GCM',
      typ: 'escrow-locked-key',
      organization: 'org-1',
      enrollmentId: 'enr_1',
    });
  });

  it('locks the same key otherwise each time', async () => {
    const one = fieldsOf(await lockByPassword({ wrapped, password: password(), context, mac }));
    const other = fieldsOf(await lockByPassword({ wrapped, password: password(), context, mac }));
    expect(one['salt']).not.toBe(other['salt']);
    expect(one['jwe']).not.toBe(other['jwe']);
  });

  it('opens with no other password', async () => {
    const locked = await lockByPassword({ wrapped, password: password(), context, mac });
    const other = fc.string({ maxLength: 40 }).filter((text) => text !== password().text());
    await fc.assert(
      fc.asyncProperty(other, async (text) => {
        const guess = openByPassword({ locked, password: Secret.fromText(text), context, mac });
        await expect(guess).rejects.toMatchObject({ code: 'wrong-password' });
      }),
      { numRuns: 15, examples: [[''], ['correct horse battery '], ['Correct horse battery']] },
    );
  });

  it('does not open in the place of another enrollment, whatever its header is made to say', async () => {
    const locked = await lockByPassword({ wrapped, password: password(), context, mac });
    const name = fc.string({ maxLength: 20 });
    const elsewhere = fc
      .record({ organization: name, enrollmentId: name })
      .filter((other) => other.organization !== 'org-1' || other.enrollmentId !== 'enr_1');
    await fc.assert(
      fc.asyncProperty(elsewhere, async (other) => {
        const moved = openByPassword({ locked, password: password(), context: other, mac });
        await expect(moved).rejects.toMatchObject({ code: 'wrapped-key-invalid' });
        const forged = withHeader(locked, { ...other });
        const opened = openByPassword({ locked: forged, password: password(), context: other, mac });
        await expect(opened).rejects.toMatchObject({ code: 'wrong-password' });
      }),
      { numRuns: 10, examples: [[{ organization: 'org-1', enrollmentId: 'enr_2' }]] },
    );
  });

  it('does not open at another provider', async () => {
    const locked = await lockByPassword({ wrapped, password: password(), context, mac });
    const elsewhere = async () => new Uint8Array(32);
    const opened = openByPassword({ locked, password: password(), context, mac: elsewhere });
    await expect(opened).rejects.toMatchObject({ code: 'wrong-password' });
  });

  it('asks the provider once for each guess, and never shows it the password', async () => {
    const asked: Uint8Array[] = [];
    const counting = (message: Uint8Array) => {
      asked.push(message.slice());
      return mac(message);
    };
    const locked = await lockByPassword({ wrapped, password: password(), context, mac });
    const wrong = Secret.fromText('correct horse batterx');
    await expect(openByPassword({ locked, password: wrong, context, mac: counting })).rejects.toThrow();
    expect(asked.length).toBe(1);
    expect(Buffer.from(asked[0] ?? []).includes('correct horse')).toBe(false);
  });

  it('leaves nothing of the password in what passed between it and the provider', async () => {
    const seen: Uint8Array[] = [];
    const keeping = async (message: Uint8Array) => {
      const result = await mac(message);
      seen.push(message, result);
      return result;
    };
    await lockByPassword({ wrapped, password: password(), context, mac: keeping });
    expect(seen.map((bytes) => bytes.length)).toEqual([106, 32]);
    for (const bytes of seen) expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('passes on what the provider says', async () => {
    const unavailable = new ProviderError('provider-unavailable');
    const failing = () => Promise.reject(unavailable);
    await expect(lockByPassword({ wrapped, password: password(), context, mac: failing })).rejects.toBe(
      unavailable,
    );
    const locked = await lockByPassword({ wrapped, password: password(), context, mac });
    await expect(openByPassword({ locked, password: password(), context, mac: failing })).rejects.toBe(
      unavailable,
    );
  });

  it.each([
    ['another algorithm', { alg: 'dir' }],
    ['another content encryption', { enc: 'A128CBC-HS256' }],
    ['another type', { typ: 'JWT' }],
    ['compression', { zip: 'DEF' }],
    ['an extension', { crit: ['b64'], b64: false }],
  ])('refuses a header that asks for %s before it derives anything', async (_name, change) => {
    const locked = withHeader(await lockByPassword({ wrapped, password: password(), context, mac }), change);
    const never = () => Promise.reject(new Error('must not be asked'));
    const opened = openByPassword({ locked, password: password(), context, mac: never });
    await expect(opened).rejects.toMatchObject({ code: 'wrapped-key-invalid' });
  });
});

describe('the lock to a recipient', () => {
  it.each([
    ['ECDH-ES+A256KW', { crv: 'P-256' }],
    ['ECDH-ES+A256KW', { crv: 'P-384' }],
    ['ECDH-ES+A256KW', { crv: 'P-521' }],
    ['RSA-OAEP-256', { modulusLength: 2048 }],
  ])('opens for the holder of the key alone: %s, %j', async (algorithm, options) => {
    const { publicKey, privateKey } = await recipient(algorithm, options);
    const other = await recipient(algorithm, options);
    const locked = await lockToRecipient({ wrapped, recipientKey: publicKey, context });
    expect(lockKindOf(locked)).toBe('recipient');
    expect(await openAsRecipient({ locked, privateKey, context })).toEqual(wrapped);
    const opened = openAsRecipient({ locked, privateKey: other.privateKey, context });
    await expect(opened).rejects.toMatchObject({ code: 'wrong-unlocking' });
  });

  it('does not open in the place of another enrollment, whatever its header is made to say', async () => {
    const { publicKey, privateKey } = await recipient('ECDH-ES+A256KW');
    const locked = await lockToRecipient({ wrapped, recipientKey: publicKey, context });
    const elsewhere = { ...context, enrollmentId: 'enr_2' };
    const moved = openAsRecipient({ locked, privateKey, context: elsewhere });
    await expect(moved).rejects.toMatchObject({ code: 'wrapped-key-invalid' });
    const forged = withHeader(locked, elsewhere);
    const opened = openAsRecipient({ locked: forged, privateKey, context: elsewhere });
    await expect(opened).rejects.toMatchObject({ code: 'wrong-unlocking' });
  });

  it('refuses a recipient key that is none', async () => {
    const { privateKey } = await recipient('ECDH-ES+A256KW');
    const recipientKey = { kty: 'EC', ...privateKey };
    const locked = lockToRecipient({ wrapped, recipientKey, context });
    await expect(locked).rejects.toMatchObject({ code: 'recipient-key-invalid' });
  });
});

describe('held, without a lock', () => {
  it('gives back what it was given, to its own enrollment only', () => {
    const locked = lockByNothing({ wrapped, context });
    expect(lockKindOf(locked)).toBe('held');
    expect(openHeld({ locked, context })).toEqual(wrapped);
    for (const other of [
      { ...context, organization: 'org-2' },
      { ...context, enrollmentId: 'enr_2' },
    ]) {
      expect(() => openHeld({ locked, context: other })).toThrow(
        expect.objectContaining({ code: 'wrapped-key-invalid' }),
      );
    }
  });
});

describe('a stored record', () => {
  it('opens by its own lock only', async () => {
    const { publicKey, privateKey } = await recipient('ECDH-ES+A256KW');
    const byPassword = await lockByPassword({ wrapped, password: password(), context, mac });
    const toRecipient = await lockToRecipient({ wrapped, recipientKey: publicKey, context });
    const refused = { code: 'wrong-unlocking' };
    expect(() => openHeld({ locked: byPassword, context })).toThrow(expect.objectContaining(refused));
    expect(() => openHeld({ locked: toRecipient, context })).toThrow(expect.objectContaining(refused));
    const opened = openByPassword({ locked: toRecipient, password: password(), context, mac });
    await expect(opened).rejects.toMatchObject(refused);
    await expect(openAsRecipient({ locked: byPassword, privateKey, context })).rejects.toMatchObject(refused);
  });

  it.each([
    ['cut short', (locked: Uint8Array) => locked.subarray(0, -9)],
    ['empty', () => new Uint8Array()],
    ['not UTF-8', (locked: Uint8Array) => Uint8Array.of(0xff, ...locked)],
    ['not an object', () => new TextEncoder().encode('"held"')],
    ['of a later version', (locked: Uint8Array) => withFields(locked, { version: 2 })],
    ['of an unknown lock', (locked: Uint8Array) => withFields(locked, { lock: 'open' })],
    ['with a member too many', (locked: Uint8Array) => withFields(locked, { iterations: 1 })],
    ['with a JWE that is none', (locked: Uint8Array) => withFields(locked, { jwe: 'a.b.c' })],
    ['with a header that is none', (locked: Uint8Array) => withFields(locked, { jwe: 'YQ.YQ.YQ.YQ.YQ' })],
  ])('that is %s is told as damaged', async (_name, damage) => {
    const locked = damage(await lockByPassword({ wrapped, password: password(), context, mac }));
    const opened = openByPassword({ locked, password: password(), context, mac });
    await expect(opened).rejects.toMatchObject({ code: 'wrapped-key-invalid' });
  });

  it('with one byte changed anywhere opens to nothing else', async () => {
    const { publicKey, privateKey } = await recipient('ECDH-ES+A256KW');
    const locked = await lockToRecipient({ wrapped, recipientKey: publicKey, context });
    const change = fc.record({ at: fc.nat(locked.length - 1), by: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, by }) => {
        const altered = locked.map((byte, index) => (index === at ? byte ^ by : byte));
        const opened = await openAsRecipient({ locked: altered, privateKey, context }).catch(
          (error: { code: string }) => error.code,
        );
        // The last character of a base64url part has bits that count for nothing.
        const outcomes = ['wrapped-key-invalid', 'wrong-unlocking'];
        expect(typeof opened === 'string' ? outcomes.includes(opened) : opened).toEqual(
          typeof opened === 'string' ? true : wrapped,
        );
      }),
      { numRuns: 200 },
    );
  });
});
