import { checkPassword, generatePassword } from '#crypto/passwords.ts';
import { checkPfxPassword } from '#crypto/pfx/password.ts';
import { InputError, PfxError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import type { Output } from '../output.ts';
import { readNewSecret } from '../terminal/read-secret.ts';

/** The password that opened the old file. */
export interface OldPassword {
  password: Secret;
  /** False where nothing in that file is under a password, so that any opens it. */
  checked: boolean;
}

/** The options that say which password a new file gets. */
export interface NewPasswordValues {
  'file-password-file'?: string | undefined;
  'same-password'?: boolean | undefined;
  'generated-password-out'?: string | undefined;
}

/** What the rules of no organization go below: here, none of them is asked. */
const rules = { minimumLength: 8, maximumLength: 128 };
const rulesInWords = `The new password: ${rules.minimumLength} to ${rules.maximumLength} characters of printable ASCII, no repetition and no row of keys.`;

/**
 * The password of a new file: that of the old one, one that is made for it, or one that is typed twice or read from a file.
 * @param old what is returned is a copy
 * @throws InputError `password-not-ascii`, `password-too-weak`; PfxError `pfx-unprotected` for an old one that nothing checked;
 *   what reading it throws
 */
export async function chooseNewPassword(
  values: NewPasswordValues,
  old: OldPassword,
  output: Output,
): Promise<Secret> {
  if (values['generated-password-out'] !== undefined) return generatePassword();
  if (values['same-password'] === true) return same(old);
  const file = values['file-password-file'];
  const chosen = await readNewSecret(
    'new password for the new file',
    file,
    output,
    '--file-password-file',
    rulesInWords,
  );
  try {
    checkPassword(chosen, rules);
    return chosen;
  } catch (error) {
    chosen.erase();
    throw withGenerated(error);
  }
}

/** Where a generated password is the advice, it is said how to have one. */
function withGenerated(error: unknown): unknown {
  if (!(error instanceof InputError) || error.code !== 'password-too-weak') return error;
  return new InputError(error.code, {
    ...error.details,
    next: `${error.next.replace(/, or take a generated one\.$/, '.')} Or take a generated one: --generated-password-out FILE.`,
    cause: error,
  });
}

/** It may be short, since it was there before; but every program must be able to take it. */
function same({ password, checked }: OldPassword): Secret {
  if (!checked) {
    throw new PfxError('pfx-unprotected', {
      why: 'The file has no MAC, and nothing in it is encrypted, so the password that was entered was checked by nothing.',
      next: 'Leave out --same-password, and choose a password for the new file.',
    });
  }
  try {
    checkPfxPassword(password);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(cause.code, {
      ...cause.details,
      next: 'Leave out --same-password, and choose another in printable ASCII.',
      cause,
    });
  }
  return new Secret(Uint8Array.from(password.bytes()));
}
