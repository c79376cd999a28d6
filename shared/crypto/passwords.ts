import { randomBytes, randomInt } from 'node:crypto';
import { InputError } from '#domain/errors.ts';
import type { PasswordRules } from '#domain/policy.ts';
import { Secret } from '#domain/secret.ts';

/** Letters and digits that no font, hand or telephone confuses: without i, l, 1, o and 0. */
const clearCharacters = 'abcdefghjkmnpqrstuvwxyz23456789';
const generatedGroups = 6;
const groupLength = 4;
/** What follows such a row, round and round, is one choice, however long it is. */
const knownRows = [
  'abcdefghijklmnopqrstuvwxyz',
  '0123456789',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
];

/**
 * Checks a password that a person chose. Length is what makes it strong (SP 800-63B-4 section 3.1.1.2): there are no rules of
 * composition, but neither something said twice over nor a row of the keyboard is a password.
 * @param field what the caller calls it
 * @throws InputError `password-not-ascii`, `password-too-weak`; the message never holds any of the password
 */
export function checkPassword(password: Secret, rules: PasswordRules, field = 'password'): void {
  // Java refuses other characters in a PFX password, and systems differ in how they encode them.
  if (!isPrintableAscii(password)) throw new InputError('password-not-ascii', { field });
  const text = password.text();
  if (text.length < rules.minimumLength || text.length === 0) {
    throw new InputError('password-too-weak', {
      field,
      why: `has fewer than ${rules.minimumLength} characters`,
    });
  }
  if (text.length > rules.maximumLength) {
    const why = `has more than ${rules.maximumLength} characters`;
    throw new InputError('password-too-weak', { field, why, next: 'Choose a shorter one.' });
  }
  if (isRepetition(text)) {
    throw new InputError('password-too-weak', { field, why: 'says the same thing over and over' });
  }
  if (isRun(text)) {
    throw new InputError('password-too-weak', {
      field,
      why: 'is a row of the alphabet, the digits or the keyboard',
    });
  }
}

/**
 * A password for a person to keep and type: six groups of four lower-case letters and digits, joined by hyphens, with
 * no character that is mistaken for another; 118 bits of randomness.
 */
export function generatePassword(): Secret {
  const groups = Array.from({ length: generatedGroups }, () =>
    Array.from({ length: groupLength }, () => clearCharacters[randomInt(clearCharacters.length)]).join(''),
  );
  return Secret.fromText(groups.join('-'));
}

/** A passphrase for a machine: 256 random bits as base64url, 43 characters. It needs no stretching. */
export function generatePassphrase(): Secret {
  return Secret.fromText(randomBytes(32).toString('base64url'));
}

/** Whether every character is one that all systems type and read alike; of none at all, too. */
export function isPrintableAscii(password: Secret): boolean {
  return password.bytes().every((byte) => byte >= 0x20 && byte <= 0x7e);
}

function isRepetition(text: string): boolean {
  for (let unit = 1; 2 * unit <= text.length; unit++) {
    if (text.slice(unit) === text.slice(0, -unit)) return true;
  }
  return false;
}

function isRun(text: string): boolean {
  const forwards = text.toLowerCase();
  const backwards = [...forwards].reverse().join('');
  return knownRows.some((row) => {
    const round = row.repeat(Math.ceil(text.length / row.length) + 1);
    return round.includes(forwards) || round.includes(backwards);
  });
}
