import { beforeAll, describe, expect, it } from 'vitest';
import { type Asn1Node, der } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { describePfx } from '#crypto/pfx/describe.ts';
import { inspectPfx } from '#crypto/pfx/inspect.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { writePfx } from '#crypto/pfx/write.ts';
import {
  type CraftedEncryption,
  certificateBag,
  classic,
  clear,
  craftPfx,
  integerOf,
  keyBag,
  pbmac1,
  sealed,
} from './crafted.ts';
import { craftedOf, goodSafes, plainly, refusal, refusalBy } from './refusals.ts';
import { otherPassword, password, subjectOf, type TestSubject } from './subject.ts';

let subject: TestSubject;

beforeAll(async () => {
  subject = await subjectOf();
});

const certificates = (how: CraftedEncryption = {}) => sealed([certificateBag(subject.certificate)], how);
const withKey = (how: CraftedEncryption) =>
  craftPfx({ safes: [certificates(), clear(keyBag(subject.privateKey.bytes(), how))] });
const withCertificates = (how: CraftedEncryption) =>
  craftPfx({ safes: [certificates(how), clear(keyBag(subject.privateKey.bytes()))] });
const keyInside = (how: CraftedEncryption) =>
  craftPfx({
    safes: [sealed([certificateBag(subject.certificate), keyBag(subject.privateKey.bytes(), how)])],
  });
const tripleDes = (iterations: Asn1Node) =>
  withKey({ identifier: classic(oids.pbeWithSHAAnd3KeyTripleDESCBC, iterations) });
const rc2 = (iterations: Asn1Node) =>
  withCertificates({ identifier: classic(oids.pbeWithSHAAnd40BitRC2CBC, iterations) });
const macOf = (iterations: Asn1Node) => craftedOf(subject, { mac: { iterations } });
const pbmac1Of = (iterations: Asn1Node) => craftedOf(subject, { mac: { whole: pbmac1({ iterations }) } });

const counts: [string, string, string][] = [
  ['zero', '00', 'pfx-unsafe-parameters'],
  ['minus one', 'ff', 'pfx-unsafe-parameters'],
  ['-2^31', '80000000', 'pfx-unsafe-parameters'],
  ['no digits', '', 'pfx-unsafe-parameters'],
  ['4,200,001', '401641', 'pfx-costly'],
  ['2^31', '0080000000', 'pfx-costly'],
  ['2^63', '008000000000000000', 'pfx-costly'],
  ['2^512', `01${'00'.repeat(64)}`, 'pfx-costly'],
];

/** @param asked up to where it was too much */
const costly = (asked: string, most: string) =>
  `pfx-costly: the file asks for more key-derivation work than is allowed: for ${asked} iterations at least, where ${most} are the most`;

it('tells what a huge count asks for in digits that can be read', async () => {
  const bytes = macOf(integerOf(`01${'00'.repeat(64)}`));
  expect(await refusalBy(() => describePfx(bytes))).toBe(costly('1,000,000,000,000', '4,200,000'));
});

describe.each([
  ['the MAC', macOf],
  ['a PBMAC1', pbmac1Of],
  ['the key', (iterations: Asn1Node) => withKey({ iterations })],
  ['the key under triple DES', tripleDes],
  ['the certificates', (iterations: Asn1Node) => withCertificates({ iterations })],
  ['the certificates under RC2', rc2],
])('an iteration count of %s', (_, make) => {
  it.each(counts)('of %s is refused before anything is derived', async (__, hex, code) => {
    const bytes = make(integerOf(hex));
    expect(await refusal(bytes)).toContain(`${code}: `);
    expect(await refusalBy(() => describePfx(bytes))).toContain(`${code}: `);
  });
});

describe('an iteration count of a key inside an encrypted part', () => {
  it.each(counts)('of %s is refused before it is derived', async (_, hex, code) => {
    const bytes = keyInside({ iterations: integerOf(hex) });
    // A backup has no key there at all; whether the count is seen first makes no difference to what it costs.
    expect(await refusal(bytes)).toMatch(/^pfx-key-count: /);
    expect(await refusalBy(() => inspectPfx(bytes, password))).toContain(`${code}: `);
  });

  it('shares the budget with all others', async () => {
    const bytes = keyInside({ iterations: der.integer(998) });
    const code = (iterationBudget: number) =>
      refusalBy(() => inspectPfx(bytes, password, { iterationBudget }));
    expect(await code(999)).toBe(costly('1,000', '999'));
    expect(await code(1_000)).toBe(plainly('pfx-parts-differ'));
  });
});

it('counts all derivations against one budget, before the first is made', async () => {
  const { privateKey, certificate } = subject;
  const file = { privateKey, certificates: [certificate], friendlyName: 'n', password, iterations: 100 };
  for (const [profile, whole] of [
    ['modern', 300],
    ['pbmac1', 300],
    // Two digests for the key of triple DES and one for its vector, twice; one for the MAC.
    ['compatible', 700],
  ] as const) {
    const pfx = await writePfx({ ...file, profile });
    const code = (iterationBudget: number) => refusal(pfx, { profile, iterationBudget }, otherPassword);
    expect(await code(whole - 1)).toBe(costly(`${whole}`, `${whole - 1}`));
    expect(await code(whole)).toBe(plainly('pfx-wrong-password-or-damaged'));
  }
});

it('counts each digest of a longer key, in files of others', async () => {
  const iterations = der.integer(100);
  const sha1Key = withKey({ prf: oids.hmacWithSHA1, iterations });
  const pbmac1Key = craftedOf(subject, {
    mac: { whole: pbmac1({ iterations, keyLength: der.integer(64) }) },
  });
  // Two for AES-256 by SHA-1, or 64 bytes by SHA-256; and one each for the two others, which ask for one iteration.
  for (const bytes of [sha1Key, pbmac1Key]) {
    const code = (iterationBudget: number) =>
      refusalBy(() => inspectPfx(bytes, otherPassword, { iterationBudget }));
    expect(await code(201)).toBe(costly('202', '201'));
    expect(await code(202)).toBe(plainly('pfx-wrong-password-or-damaged'));
  }
});

describe('what is under RC2, which is slow and keeps the event loop', () => {
  const identifier = classic(oids.pbeWithSHAAnd40BitRC2CBC);
  const part = (length: number) => sealed([], { identifier, bytes: new Uint8Array(length) });
  const key = (length: number) => keyBag(new Uint8Array(), { identifier, bytes: new Uint8Array(length) });
  const refused = (...safes: Asn1Node[]) => refusalBy(() => inspectPfx(craftPfx({ safes }), password));

  it('is no more than 64 KiB of a file, in whatever parts', async () => {
    expect(await refused(part(65_536))).toBe(plainly('pfx-parts-differ'));
    expect(await refused(part(65_544))).toBe(plainly('pfx-too-large'));
    expect(await refused(part(32_768), part(32_776))).toBe(plainly('pfx-too-large'));
    expect(await refused(clear(key(32_768)), part(32_776))).toBe(plainly('pfx-too-large'));
    expect(await refused(clear(key(32_768)), part(32_768))).toBe(plainly('pfx-parts-differ'));
  });

  it('is seen, and refused, before anything is derived, and inside an encrypted part when that was opened', async () => {
    const seen = craftPfx({ safes: [part(40_000), part(40_000)] });
    expect(await refusalBy(() => describePfx(seen))).toBe(plainly('pfx-too-large'));
    expect(await refused(sealed([key(40_000), key(40_000)]))).toBe(plainly('pfx-too-large'));
  });
});

describe('a key length', () => {
  it.each([
    ['0', '00'],
    ['1', '01'],
    ['16', '10'],
    ['2^31', '0080000000'],
    ['-32', 'e0'],
  ])('of %s for a 32-byte key is refused', async (_, hex) => {
    const bytes = withKey({ keyLength: integerOf(hex) });
    expect(await refusal(bytes)).toMatch(/^pfx-unsafe-parameters: /);
    expect(await refusalBy(() => describePfx(bytes))).toMatch(/^pfx-unsafe-parameters: /);
  });

  it('is taken where it is the one that the cipher has', async () => {
    expect((await readPfx(withKey({ keyLength: integerOf('20') }), password)).certificates).toHaveLength(1);
  });
});

describe('a salt', () => {
  it.each([0, 7, 129])('of %i bytes is refused', async (length) => {
    const salt = new Uint8Array(length);
    const why = `pfx-unsafe-parameters: the file uses a salt of ${length} bytes`;
    expect(await refusal(withKey({ salt }))).toBe(why);
    expect(await refusal(withCertificates({ salt }))).toBe(why);
    expect(await refusal(craftedOf(subject, { mac: { salt } }))).toBe(why);
  });

  it('of a few bytes is taken only from files of others', async () => {
    const bytes = withKey({ salt: new Uint8Array(4) });
    expect((await inspectPfx(bytes, password)).found.keys).toMatchObject([{ state: 'whole' }]);
    expect(await refusalBy(() => describePfx(withKey({ salt: new Uint8Array() })))).toMatch(
      /^pfx-unsafe-parameters: /,
    );
  });

  it.each([
    ['that is missing', [der.integer(1)]],
    ['of another type', [der.utf8String('saltsalt'), der.integer(1)]],
    ['from another source', [der.sequence(der.oid(oids.data)), der.integer(1)]],
  ])('%s is refused', async (_, parameters) => {
    const why = 'pfx-unsafe-parameters: the file lacks a salt, or has one of another type';
    const kdf = der.sequence(der.oid(oids.pbkdf2), der.sequence(...parameters));
    const scheme = der.sequence(der.oid(oids.aes256CBC), der.octetString(new Uint8Array(16)));
    const identifier = der.sequence(der.oid(oids.pbes2), der.sequence(kdf, scheme));
    const old = der.sequence(der.oid(oids.pbeWithSHAAnd3KeyTripleDESCBC), der.sequence(...parameters));
    for (const bytes of [withKey({ identifier }), withCertificates({ identifier: old })]) {
      expect(await refusal(bytes)).toBe(why);
      expect(await refusalBy(() => describePfx(bytes))).toBe(why);
    }
  });
});

it.each([0, 8, 17])('refuses an AES vector of %i bytes', async (length) => {
  expect(await refusal(withKey({ iv: new Uint8Array(length) }))).toBe(
    `pfx-unsafe-parameters: the file has an initialization vector of ${length} bytes`,
  );
});

describe('an algorithm', () => {
  it.each([
    [{ identifier: classic(oids.pbeWithSHAAnd40BitRC2CBC) }, 'pbeWithSHAAnd40BitRC2-CBC'],
    [{ identifier: classic(oids.pbeWithSHAAnd3KeyTripleDESCBC) }, 'pbeWithSHAAnd3-KeyTripleDES-CBC'],
    [{ cipher: oids.aes128CBC }, 'PBES2 (PBKDF2 with HMAC-SHA256, AES-128-CBC)'],
    [{ prf: oids.hmacWithSHA1 }, 'PBES2 (PBKDF2 with HMAC-SHA1, AES-256-CBC)'],
    [{ prf: oids.hmacWithSHA512 }, 'PBES2 (PBKDF2 with HMAC-SHA512, AES-256-CBC)'],
  ])('that a backup has not is refused by name: %o', async (how, name) => {
    expect(await refusal(withKey(how))).toBe(`pfx-unsupported: the file uses ${name}`);
    expect(await refusal(withCertificates(how))).toBe(`pfx-unsupported: the file uses ${name}`);
    expect(describePfx(withKey(how)).keys).toMatchObject([{ algorithm: name, iterations: 1 }]);
  });

  it.each([
    [{ identifier: classic(oids.pbeWithSHAAnd128BitRC4) }, 'pbeWithSHAAnd128BitRC4'],
    [{ kdf: '1.3.6.1.4.1.11591.4.11' }, 'the algorithm 1.3.6.1.4.1.11591.4.11'],
    [{ prf: '1.2.840.113549.2.99' }, 'the algorithm 1.2.840.113549.2.99'],
    [{ cipher: '1.2.3' }, 'the algorithm 1.2.3'],
    [{ scheme: '1.2.840.113549.1.5.3' }, 'the algorithm 1.2.840.113549.1.5.3'],
  ])('that nobody here knows is told, and opened by nobody: %o', async (how, name) => {
    const bytes = withKey(how);
    expect(await refusal(bytes)).toBe(`pfx-unsupported: the file uses ${name}`);
    expect(describePfx(bytes)).toMatchObject({ profile: 'other', traits: { keys: ['other'] } });
    expect(await refusalBy(() => inspectPfx(bytes, password))).toBe(`pfx-unsupported: the file uses ${name}`);
  });

  it('of each profile is refused in a file of another', async () => {
    const { privateKey, certificate } = subject;
    const file = { privateKey, certificates: [certificate], friendlyName: 'n', password, iterations: 1 };
    const profiles = ['modern', 'compatible', 'pbmac1'] as const;
    for (const written of profiles) {
      const pfx = await writePfx({ ...file, profile: written });
      for (const profile of profiles) {
        const expected = profile === written ? /^none$/ : /^pfx-unsupported: the file uses /;
        expect(await refusal(pfx, { profile })).toMatch(expected);
      }
    }
  });

  it('of one part does not stand for the others', async () => {
    const mixed = craftPfx({
      safes: goodSafes(subject),
      mac: { whole: pbmac1() },
    });
    expect(await refusal(mixed)).toMatch(/^pfx-unsupported: the file uses PBMAC1/);
    expect(await refusal(mixed, { profile: 'pbmac1' })).toBe('none');
    expect(await refusal(mixed, { profile: 'compatible' })).toMatch(/^pfx-unsupported/);
  });
});
