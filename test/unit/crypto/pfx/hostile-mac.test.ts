import { beforeAll, describe, expect, it } from 'vitest';
import { der } from '#crypto/asn1.ts';
import { oids } from '#crypto/oids.ts';
import { describePfx } from '#crypto/pfx/describe.ts';
import { inspectPfx } from '#crypto/pfx/inspect.ts';
import { type CraftedMac, type CraftedPbmac1, integerOf, pbmac1 } from './crafted.ts';
import { craftedOf, plainly, refusal, refusalBy } from './refusals.ts';
import { otherPassword, password, subjectOf, type TestSubject } from './subject.ts';

let subject: TestSubject;

beforeAll(async () => {
  subject = await subjectOf();
});

const withMac = (mac: CraftedMac | 'none') => craftedOf(subject, { mac });
const withPbmac1 = (change: CraftedPbmac1 = {}) => withMac({ whole: pbmac1(change) });
const pbmac1Refusal = (change: CraftedPbmac1) => refusal(withPbmac1(change), { profile: 'pbmac1' });

describe('the MAC', () => {
  it('must be there in a backup; without one, a person is told', async () => {
    expect(await refusal(withMac('none'))).toBe(plainly('pfx-no-mac'));
    const { macVerified, found, traits } = await inspectPfx(withMac('none'), password);
    expect([macVerified, traits.integrity]).toEqual([false, 'none']);
    expect(found.keys).toMatchObject([{ state: 'whole' }]);
    expect(await refusalBy(() => inspectPfx(withMac('none'), otherPassword))).toBe(
      plainly('pfx-wrong-password-or-damaged'),
    );
  });

  it('that is wrong and a password that is wrong are refused alike', async () => {
    const wrong = withMac({ value: new Uint8Array(32) });
    expect(await refusal(wrong)).toBe(plainly('pfx-wrong-password-or-damaged'));
    expect(await refusal(withMac({}), {}, otherPassword)).toBe(plainly('pfx-wrong-password-or-damaged'));
  });

  it.each([0, 1, 31, 33, 64])('of %i bytes is refused', async (length) => {
    const bytes = withMac({ value: new Uint8Array(length) });
    expect(await refusal(bytes)).toBe(`pfx-unsafe-parameters: the file has a MAC of ${length} bytes`);
    expect(await refusalBy(() => describePfx(bytes))).toMatch(/^pfx-unsafe-parameters: /);
    expect(await pbmac1Refusal({ value: new Uint8Array(length) })).toMatch(/^pfx-unsafe-parameters: /);
  });

  it('under another password than the key is told from a wrong password', async () => {
    const bytes = withMac({ password: otherPassword });
    expect(await refusal(bytes, {}, otherPassword)).toBe(plainly('pfx-parts-differ'));
    expect(await refusalBy(() => inspectPfx(bytes, otherPassword))).toBe(plainly('pfx-parts-differ'));
    expect(await refusal(bytes)).toBe(plainly('pfx-wrong-password-or-damaged'));
  });

  it('of an algorithm that nobody here knows is told, and not verified', async () => {
    const bytes = withMac({ digest: '1.2.840.113549.2.5' });
    const why = 'pfx-unsupported: the file uses a MAC of the algorithm 1.2.840.113549.2.5';
    expect(await refusal(bytes)).toBe(why);
    expect(describePfx(bytes)).toMatchObject({ profile: 'other', traits: { integrity: 'other' } });
    expect(await refusalBy(() => inspectPfx(bytes, password))).toBe(why);
  });
});

describe('a PBMAC1', () => {
  it('is taken as it should be, and only in its profile', async () => {
    expect(await refusal(withPbmac1(), { profile: 'pbmac1' })).toBe('none');
    expect(await refusal(withPbmac1())).toMatch(/^pfx-unsupported: /);
    expect(await refusal(withPbmac1(), { profile: 'pbmac1' }, otherPassword)).toBe(
      plainly('pfx-wrong-password-or-damaged'),
    );
  });

  it.each([
    ['missing', { keyLength: 'none' }, 'no'],
    ['0', { keyLength: integerOf('00') }, ''],
    ['-1', { keyLength: integerOf('ff') }, ''],
    ['1, for which anybody could forge it', { keyBytes: 1 }, '1'],
    ['19', { keyBytes: 19 }, '19'],
    ['65, which overruns the stack of some programs', { keyBytes: 65 }, '65'],
    ['2^31', { keyLength: integerOf('0080000000') }, '2147483648'],
    ['2^63', { keyLength: integerOf('008000000000000000') }, 'Infinity'],
  ] as const)('with a key length that is %s is refused', async (_, change, bytes) => {
    const why = bytes === '' ? /^pfx-unsafe-parameters: / : `PBMAC1 key of ${bytes} bytes`;
    expect(await pbmac1Refusal(change)).toMatch(why);
    expect(await refusalBy(() => describePfx(withPbmac1(change)))).toMatch(why);
  });

  it.each([20, 31, 64])('with a key of %i bytes is not a backup of ours, but opens', async (keyBytes) => {
    expect(await pbmac1Refusal({ keyBytes })).toMatch(/^pfx-unsupported: the file uses PBMAC1/);
    expect((await inspectPfx(withPbmac1({ keyBytes }), password)).macVerified).toBe(true);
  });

  it.each([
    ['of another type', der.utf8String('saltsalt')],
    ['of no bytes', der.octetString(new Uint8Array())],
    ['from another source', der.sequence(der.oid(oids.data))],
  ])('with a salt %s is refused', async (_, salt) => {
    expect(await pbmac1Refusal({ salt })).toMatch(/^pfx-unsafe-parameters: /);
    expect(await refusalBy(() => describePfx(withPbmac1({ salt })))).toMatch(/^pfx-unsafe-parameters: /);
  });

  it('with another HMAC is refused unless its length fits, and then told', async () => {
    expect(await pbmac1Refusal({ scheme: oids.hmacWithSHA512 })).toMatch(/^pfx-unsafe-parameters: /);
    expect(await pbmac1Refusal({ scheme: '1.2.3' })).toBe(
      'pfx-unsupported: the file uses a MAC of the algorithm 1.2.3',
    );
  });

  it('has no free bits in a backup, where elsewhere its second salt and count mean nothing', async () => {
    for (const unused of [
      [der.octetString(Buffer.from('not used'))],
      [der.octetString(Buffer.from('NOT USED')), der.integer(2_000_000_000)],
    ]) {
      expect(await pbmac1Refusal({ unused })).toMatch(/^pfx-unsupported: the file has a salt or a count/);
      expect((await inspectPfx(withPbmac1({ unused }), password)).macVerified).toBe(true);
    }
  });

  it.each([
    ['no salt', []],
    ['a salt of another type', [der.utf8String('NOT USED')]],
    ['two salts', [der.octetString(Buffer.from('NOT USED')), der.octetString(Buffer.from('NOT USED'))]],
  ])('is malformed with %s in MacData, whoever asks', async (_, unused) => {
    expect(await pbmac1Refusal({ unused })).toMatch(/^pfx-malformed: /);
    expect(await refusalBy(() => describePfx(withPbmac1({ unused })))).toMatch(/^pfx-malformed: /);
  });
});
