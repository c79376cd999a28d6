import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeDer } from '#crypto/asn1.ts';
import { distinguishedName, isPrintableString, type SubjectName } from '#crypto/distinguished-name.ts';

function hexOf(subject: SubjectName): string {
  return Buffer.from(encodeDer(distinguishedName(subject))).toString('hex');
}

describe('distinguishedName', () => {
  it('is the DER of RFC 5280, the most general attribute first', () => {
    const hex = hexOf({
      commonName: 'Né',
      organizationName: 'O',
      organizationalUnitName: 'U',
      serialNumber: '7',
    });
    expect(hex).toBe(
      [
        '3032',
        '310a3008060355040a0c014f', // organizationName, UTF8String "O"
        '310a3008060355040b0c0155', // organizationalUnitName, UTF8String "U"
        '310c300a06035504030c034ec3a9', // commonName, UTF8String "Né"
        '310a30080603550405130137', // serialNumber, PrintableString "7"
      ].join(''),
    );
  });

  it('writes a letter and its accent as one, however they came', () => {
    expect(hexOf({ commonName: 'Ne\u0301' })).toBe(hexOf({ commonName: 'N\u00e9' }));
  });

  it.each([
    ['subject.commonName', { commonName: '' }],
    ['subject.commonName', { commonName: '   ' }],
    ['subject.commonName', { commonName: 'n'.repeat(65) }],
    ['subject.commonName', { commonName: 'Admin\0 not' }],
    ['subject.commonName', { commonName: 'half \ud83d' }],
    ['subject.organizationName', { commonName: 'N', organizationName: 'two\nlines' }],
    ['subject.organizationalUnitName', { commonName: 'N', organizationalUnitName: '' }],
    ['subject.serialNumber', { commonName: 'N', serialNumber: 'under_score' }],
    ['subject.serialNumber', { commonName: 'N', serialNumber: '7'.repeat(65) }],
  ])('refuses %s in %j', (field, subject) => {
    expect(() => distinguishedName(subject)).toThrow(
      expect.objectContaining({ code: 'invalid-input', details: expect.objectContaining({ field }) }),
    );
  });

  it('counts characters, not code units', () => {
    expect(() => distinguishedName({ commonName: '𠮷'.repeat(64) })).not.toThrow();
    expect(() => distinguishedName({ commonName: '𠮷'.repeat(65) })).toThrow();
  });

  it('never repeats the value in its refusal', () => {
    expect(() => distinguishedName({ commonName: 'marked\0value' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('marked') }),
    );
  });
});

describe('isPrintableString', () => {
  it('knows exactly the characters of X.680', () => {
    const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?";
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(isPrintableString(text)).toBe([...text].every((character) => allowed.includes(character)));
      }),
    );
    expect(isPrintableString(allowed)).toBe(true);
  });
});
