import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportFileName } from '#domain/file-name.ts';
import { purposes } from '#domain/purpose.ts';

const suffix = '_Enroll_ID.pfx';
const anyName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({
    unit: fc.constantFrom('e', '\u0301', '\u200d', '\u3164', '-', '.', ' ', '👩', '\u202e', '王'),
    maxLength: 200,
  }),
);

function base(familyName: string): string {
  const name = exportFileName(familyName, 'identity', 'pfx');
  expect(name.endsWith(suffix)).toBe(true);
  return name.slice(0, -suffix.length);
}

describe('exportFileName', () => {
  it('follows the convention', () => {
    expect(exportFileName('Muster', 'identity', 'pfx')).toBe('muster_Enroll_ID.pfx');
    expect(exportFileName('Muster', 'encryption', 'csr.pem')).toBe('muster_Enroll_EN.csr.pem');
  });

  it.each([
    ["O'Neill", 'oneill'],
    ['O’Neill', 'oneill'],
    ['van der Berg', 'vanderberg'],
    ['Müller-Lüdenscheidt', 'müller-lüdenscheidt'],
    ['Lefe\u0301vre', 'lef\u00e9vre'],
    ['ΠΑΠΑΔΟΠΟΥΛΟΣ', 'παπαδοπουλος'],
    ['王', '王'],
    ['गुप्ता', 'गुप्ता'],
    ['Ångström', 'ångström'],
    ['St. John‑Smythe', 'stjohn-smythe'],
    ['CON', 'con'],
    ['../../etc/passwd', 'etcpasswd'],
    ['C:\\Windows', 'cwindows'],
    ['<>:"/\\|?*\'', 'subscriber'],
    ['gnp.\u202exfp', 'gnpxfp'],
    ['zero\u200bwidth\ufeff', 'zerowidth'],
    ['--rf', 'rf'],
    ['\u0301accent', 'accent'],
    ['', 'subscriber'],
    [' ', 'subscriber'],
    ['...', 'subscriber'],
    ['\u3164', 'subscriber'],
    ['👩‍🚀', 'subscriber'],
  ])('makes of %j the name %j', (familyName, expected) => {
    expect(base(familyName)).toBe(expected);
  });

  it('is safe on every file system, whatever the name', () => {
    fc.assert(
      fc.property(anyName, fc.constantFrom(...purposes), (familyName, purpose) => {
        const name = exportFileName(familyName, purpose, 'pfx');
        expect(name).toMatch(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}-]*_Enroll_(ID|EN)\.pfx$/u);
        expect(name).not.toMatch(/\p{Default_Ignorable_Code_Point}|\p{Cc}|\p{Cf}|\p{Cs}/u);
        expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(143);
        expect(name.normalize('NFC')).toBe(name);
        expect(name.isWellFormed()).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is lower case, and stays what it is when made again of itself', () => {
    fc.assert(
      fc.property(anyName, (familyName) => {
        const once = base(familyName);
        expect(base(once)).toBe(once);
        expect(once.toLowerCase()).toBe(once);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is never a device of Windows, which is all that stands before the first dot', () => {
    const devices = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i;
    for (const familyName of ['CON', 'prn', 'Aux', 'NUL', 'com1', 'COM¹', 'lpt9', 'conin$']) {
      expect(exportFileName(familyName, 'identity', 'pfx').split('.')[0]).not.toMatch(devices);
    }
  });

  it('cuts a long name between characters as a reader sees them', () => {
    const syllable = '각'.normalize('NFD').normalize('NFC');
    expect(base(syllable.repeat(100))).toBe(syllable.repeat(32));
    const accented = 'x\u0308\u0323';
    const cut = base(accented.repeat(100)).normalize('NFC');
    const whole = accented.normalize('NFC');
    expect(cut.length % whole.length).toBe(0);
    expect(cut).toBe(whole.repeat(cut.length / whole.length));
    expect(base(`a${'\u0301'.repeat(200)}`)).toBe('subscriber');
  });
});
