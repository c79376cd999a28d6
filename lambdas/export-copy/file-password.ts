import { generatePassword } from '#crypto/passwords.ts';
import { InputError } from '#domain/errors.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import type { Secret } from '#domain/secret.ts';
import type { Unlocking } from '#domain/unlocking.ts';

/**
 * The password of a subscriber copy: one that the subscriber typed, the same that opens the lock, or one that is made for
 * it and told once, with the copy.
 */
export type FilePassword = Secret | 'same' | 'generated';

/**
 * The password that the file gets, not yet held to any policy. A compatible file gets none but a generated one: triple DES and SHA-1 must not guard a
 * password that its owner uses elsewhere, and chose.
 * @throws InputError `invalid-input` if the same is asked for and the lock has none, or if the profile takes a generated one
 *   only
 */
export function chooseFilePassword(asked: FilePassword, unlocking: Unlocking, profile: PfxProfile): Secret {
  if (asked === 'generated') return generatePassword();
  if (profile === 'compatible') throw onlyGenerated();
  return asked === 'same' ? ownPassword(unlocking) : asked;
}

function onlyGenerated(): InputError {
  return new InputError('invalid-input', {
    field: 'filePassword',
    why: 'must be generated for the profile compatible: its old algorithms must not guard a password that is used elsewhere.',
    next: 'Ask for a generated password, or for another profile.',
  });
}

function ownPassword(unlocking: Unlocking): Secret {
  if ('password' in unlocking) return unlocking.password;
  throw new InputError('invalid-input', {
    field: 'filePassword',
    why: 'cannot be the same: this key has no password.',
    next: 'Choose a password for the file, or take a generated one.',
  });
}
