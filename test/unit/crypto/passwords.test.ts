import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPassword, generatePassphrase, generatePassword } from '#crypto/passwords.ts';
import { Secret } from '#domain/secret.ts';

const rules = { minimumLength: 12, maximumLength: 64 };

function check(text: string): void {
  checkPassword(Secret.fromText(text), rules);
}

const tooWeak = expect.objectContaining({ code: 'password-too-weak' });
const notAscii = expect.objectContaining({ code: 'password-not-ascii' });

describe('checkPassword', () => {
  it.each([
    'correct horse battery',
    'Tr0ub4dor&3 xyz',
    '~!@#$%^&*()_+',
    'a'.repeat(11).concat('bcdef'),
    'abcdefghijkm',
  ])('takes %j', (text) => {
    expect(() => check(text)).not.toThrow();
  });

  it.each([
    '',
    'short',
    'elevenchars',
    'x'.repeat(65),
    'aaaaaaaaaaaa',
    'abababababab',
    'abcabcabcabcab',
    'passpasspass',
    'passwordpassword',
    'abcdefghijkl',
    'LKJIHGFEDCBA',
    '123456789012',
    '098765432109',
    'qwertyuiopas',
    'qwertzuiopas',
  ])('refuses %j', (text) => {
    expect(() => check(text)).toThrow(tooWeak);
  });

  it.each([
    'pässwort und mehr',
    'κωδικός πρόσβασης',
    'tab\tin the middle',
    'line\nin the middle',
    'nul\0in the middle',
    'del\x7fin the middle',
  ])('refuses %j, which is not printable ASCII', (text) => {
    expect(() => check(text)).toThrow(notAscii);
  });

  it('tells ASCII from the rest for every password', () => {
    const password = fc.string({ unit: 'binary', minLength: 12, maxLength: 40 });
    fc.assert(
      fc.property(password, (text) => {
        const ascii = /^[ -~]*$/.test(text);
        const code = codeOf(() => check(text));
        expect(code === 'password-not-ascii').toBe(!ascii);
      }),
    );
  });

  it('never shows the password, in whole or in part', () => {
    for (const text of ['marked', 'markedmarked', 'märkedmarked', 'm'.repeat(70)]) {
      const error = errorOf(() => check(text));
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/m.rked|mm/);
    }
  });
});

describe('generatePassword', () => {
  it('is six groups of four clear characters', () => {
    for (let made = 0; made < 200; made++) {
      expect(generatePassword().text()).toMatch(/^(?:[a-hjkmnp-z2-9]{4}-){5}[a-hjkmnp-z2-9]{4}$/);
    }
  });

  it('meets the rules that people must meet', () => {
    for (let made = 0; made < 200; made++) checkPassword(generatePassword(), rules);
  });

  it('chooses each character freely', () => {
    const seen = new Set(Array.from({ length: 400 }, () => generatePassword().text()).join(''));
    seen.delete('-');
    // 31 characters in 24 places are 118 bits.
    expect(seen.size).toBe(31);
    expect(24 * Math.log2(seen.size)).toBeGreaterThan(100);
  });
});

describe('generatePassphrase', () => {
  it('is 256 random bits in base64url', () => {
    const made = Array.from({ length: 100 }, () => generatePassphrase().text());
    for (const text of made) expect(Buffer.from(text, 'base64url').length).toBe(32);
    expect(new Set(made).size).toBe(100);
  });
});

function errorOf(action: () => void): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}

function codeOf(action: () => void): string | undefined {
  const error = errorOf(action);
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
