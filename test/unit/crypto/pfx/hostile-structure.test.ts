import { beforeAll, describe, expect, it } from 'vitest';
import { der, encodeDer } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { describePfx } from '#crypto/pfx/describe.ts';
import { inspectPfx } from '#crypto/pfx/inspect.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { bag, type CraftedPfx, clear, contentInfo } from './crafted.ts';
import { craftedOf, goodSafes, plainly, refusal, refusalBy } from './refusals.ts';
import { password, subjectOf, type TestSubject } from './subject.ts';

let subject: TestSubject;

beforeAll(async () => {
  subject = await subjectOf();
});

const crafted = (change: Partial<CraftedPfx> = {}) => craftedOf(subject, change);
const described = (bytes: Uint8Array) => refusalBy(() => describePfx(bytes));

it('reads a crafted file that is as it should be', async () => {
  const content = await readPfx(crafted(), password);
  expect(content.privateKey.bytes()).toEqual(subject.privateKey.bytes());
  expect(content.iterations).toEqual({ mac: 1, key: 1, certificates: 1 });
});

describe('what is no PFX, or not one alone', () => {
  it.each([
    ['nothing at all', () => new Uint8Array()],
    ['text', () => Buffer.from('-----BEGIN CERTIFICATE-----')],
    ['a certificate', () => subject.certificate],
    ['trailing bytes', () => Buffer.concat([crafted(), Buffer.of(0)])],
    ['a second file', () => Buffer.concat([crafted(), crafted()])],
    ['more elements than it may have', () => crafted({ more: [der.null()] })],
    ['a null beside the content', () => crafted({ version: der.null() })],
  ])('refuses %s as malformed, whoever asks', async (_, bytes) => {
    expect(await refusal(bytes())).toMatch(/^pfx-malformed: the file /);
    expect(await described(bytes())).toMatch(/^pfx-malformed: the file /);
  });

  it.each([
    ['an open length', () => Buffer.concat([Buffer.of(0x30, 0x80), crafted().subarray(4), Buffer.of(0, 0)])],
    ['a padded length', () => Buffer.concat([Buffer.of(0x30, 0x83, 0), crafted().subarray(2)])],
  ])('refuses %s in a backup', async (_, bytes) => {
    expect(await refusal(bytes())).toMatch(/^pfx-malformed: the file /);
    const { encoding, found } = await inspectPfx(bytes(), password);
    expect([encoding, found.keys.length]).toEqual(['BER', 1]);
  });

  it('refuses octet strings in segments in a backup', async () => {
    const [certificates, key] = goodSafes(subject);
    const authenticated = encodeDer(der.sequence(certificates ?? der.null(), key ?? der.null()));
    const [start, end] = [authenticated.subarray(0, 100), authenticated.subarray(100)];
    const segments = der.sequence(der.octetString(start), der.octetString(end));
    const content = contentInfo(oids.data, { ...segments, type: 4 });
    const bytes = encodeDer(der.sequence(der.integer(3), content));
    expect(await refusal(bytes)).toBe('pfx-malformed: the file has an octet string in segments');
    expect((await inspectPfx(bytes, password)).found.keys).toMatchObject([{ state: 'whole' }]);
  });
});

describe('what is too much', () => {
  it('a file over a mebibyte, before it is looked into', async () => {
    expect(await refusal(new Uint8Array(1_048_577))).toBe(plainly('pfx-too-large'));
    expect(await refusal(new Uint8Array(1_048_576))).toMatch(/^pfx-malformed/);
  });

  it('more elements than a file has', async () => {
    const many = encodeDer(der.sequence(...Array.from({ length: 129 }, () => der.null())));
    expect(await refusal(many)).toBe(plainly('pfx-too-large'));
    expect(await refusal(crafted({ safes: Array.from({ length: 9 }, () => clear()) }))).toBe(
      plainly('pfx-too-large'),
    );
  });

  it('a mebibyte of open lengths, one in the other', async () => {
    const deep = Buffer.alloc(1_048_576, Buffer.of(0x30, 0x80));
    expect(await described(deep)).toBe(plainly('pfx-too-large'));
  });

  it('a mebibyte of empty elements under an open length', async () => {
    const empty = Buffer.alloc(1_000_000, Buffer.of(5, 0));
    const flat = Buffer.concat([Buffer.of(0x30, 0x80), empty, Buffer.of(0, 0)]);
    expect(await described(flat)).toBe(plainly('pfx-too-large'));
  });

  it('containers within containers, deeper than anybody puts them', async () => {
    let contents = der.sequence();
    for (let depth = 0; depth < 6; depth++) contents = der.sequence(bag(oids.safeContentsBag, contents));
    const safe = contentInfo(oids.data, der.octetString(encodeDer(contents)));
    const bytes = crafted({ safes: [...goodSafes(subject), safe] });
    expect(await described(bytes)).toBe(plainly('pfx-too-large'));
    expect(await refusal(bytes)).toMatch(/^pfx-foreign-content: the file holds a container/);
  });

  it('an object identifier of any length', async () => {
    for (const [length, code] of [
      [33, 'pfx-malformed'],
      [100_000, 'pfx-malformed'],
    ] as const) {
      const arcs = Buffer.concat([Buffer.of(0x2a), Buffer.alloc(length - 2, 0xff), Buffer.of(0x7f)]);
      const oid = { ...der.octetString(arcs), type: 6 };
      const safe = der.sequence(oid, der.context(0, der.null()));
      expect(await refusal(crafted({ safes: [...goodSafes(subject), safe] }))).toContain(`${code}: `);
      expect(await described(crafted({ safes: [...goodSafes(subject), safe] }))).toContain(`${code}: `);
    }
  });
});

describe('what is not for a password', () => {
  it('a signature in place of a MAC', async () => {
    const bytes = crafted({ type: oids.signedData });
    expect(await refusal(bytes)).toBe(plainly('pfx-not-by-password'));
    expect(describePfx(bytes)).toMatchObject({ profile: 'other', traits: { integrity: 'signature' } });
    expect(await refusalBy(() => inspectPfx(bytes, password))).toBe(plainly('pfx-not-by-password'));
  });

  it('content that is encrypted to a certificate', async () => {
    const bytes = crafted({ safes: [...goodSafes(subject), contentInfo(oids.envelopedData, der.null())] });
    expect(await refusal(bytes)).toBe(plainly('pfx-not-by-password'));
    expect(await refusalBy(() => inspectPfx(bytes, password))).toBe(plainly('pfx-not-by-password'));
  });
});

it.each([
  [
    'version 2',
    () => crafted({ version: der.integer(2) }),
    'pfx-unsupported: the file is not of PFX version 3',
  ],
  [
    'content of another type',
    () => crafted({ safes: [...goodSafes(subject), contentInfo('1.2.840.113549.1.7.5', der.null())] }),
    'pfx-foreign-content: the file has content of type 1.2.840.113549.1.7.5',
  ],
  [
    'attributes beside what is encrypted',
    () => crafted({ safes: [contentInfo(oids.encryptedData, der.sequence(der.integer(2)))] }),
    'pfx-unsupported: the file has attributes beside encrypted content',
  ],
])('does not take %s, whoever asks', async (_, bytes, why) => {
  expect(await refusal(bytes())).toBe(why);
  expect(await described(bytes())).toBe(why);
});
