import { checkPassword, generatePassword } from '#crypto/passwords.ts';
import { InputError } from '#domain/errors.ts';
import type { PasswordRules } from '#domain/policy.ts';
import type { Secret } from '#domain/secret.ts';
import type { Unlocking } from '#steps/open-lock.ts';

/**
 * The password of a subscriber copy: one that the subscriber typed, the same that opens the lock, or one that is made for
 * it and told once, with the copy.
 */
export type FilePassword = Secret | 'same' | 'generated';

/**
 * The password that the file gets.
 * @throws InputError `invalid-input` if the same is asked for and the lock has none; `password-not-ascii`,
 *   `password-too-weak`
 */
export function chooseFilePassword(asked: FilePassword, unlocking: Unlocking, rules: PasswordRules): Secret {
  if (asked === 'generated') return generatePassword();
  const chosen = asked === 'same' ? ownPassword(unlocking) : asked;
  checkPassword(chosen, rules);
  return chosen;
}

function ownPassword(unlocking: Unlocking): Secret {
  if ('password' in unlocking) return unlocking.password;
  throw new InputError('invalid-input', {
    field: 'pfxPassword',
    why: 'cannot be the same: this key has no password.',
    next: 'Choose a password for the file, or take a generated one.',
  });
}
