import type { EnrollmentView } from '#contract/api/enrollments.ts';
import { Secret } from '#domain/secret.ts';
import type { ChosenProfile } from '../choose-profile.ts';
import { ArgumentsError } from '../command.ts';
import type { Output } from '../output.ts';
import { readNewSecret, readSecret, readSecretFile } from '../terminal/read-secret.ts';

/** The options of `export` that say which passwords. */
export interface SecretValues {
  'password-file'?: string | undefined;
  'wrapped-key-file'?: string | undefined;
  'file-password-file'?: string | undefined;
  'same-password'?: boolean | undefined;
  'generated-password-out'?: string | undefined;
}

/** What opens the key, and the password that the file gets. */
export interface ExportSecrets {
  unlock:
    | { by: 'password'; password: Secret }
    | { by: 'wrapped-key'; wrappedKey: Secret }
    | { by: 'nothing' };
  filePassword: Secret | 'same' | 'generated';
}

/**
 * Checks the options before anything is asked.
 * @param chosen how the file is to be written
 * @throws ArgumentsError if several passwords of the file are named, or one that the profile may not have
 */
export function checkFilePassword(values: SecretValues, { profile, why }: ChosenProfile): void {
  const named = (['file-password-file', 'same-password', 'generated-password-out'] as const).filter(
    (name) => values[name] !== undefined,
  );
  if (named.length > 1) {
    throw new ArgumentsError({
      why: `--${named[0]} and --${named[1]} are two passwords for one file: choose one.`,
    });
  }
  if (profile !== 'compatible' || named[0] === 'generated-password-out') return;
  const instead = named[0] === undefined ? '' : `, in place of --${named[0]}`;
  throw new ArgumentsError({
    why: `${why} A compatible file has a generated password only: its old algorithms must not guard one that is used elsewhere.`.trim(),
    next: `Name a file for that password: --generated-password-out FILE${instead}.`,
  });
}

/**
 * Reads from files, or asks for, what the lock of the enrollment needs and what the file is to have.
 * @throws ArgumentsError if the lock needs an option that is not there; SetUpError `usage`, StoreError `store-unavailable`
 */
export async function readExportSecrets(
  { lock }: EnrollmentView,
  values: SecretValues,
  output: Output,
): Promise<ExportSecrets> {
  const unlock = await readUnlocking(lock, values, output);
  return { unlock, filePassword: await readFilePassword(values, output) };
}

async function readUnlocking(
  lock: EnrollmentView['lock'],
  values: SecretValues,
  output: Output,
): Promise<ExportSecrets['unlock']> {
  if (lock === 'password') {
    const password = await readSecret('Password of the key: ', values['password-file'], output);
    return { by: 'password', password };
  }
  if (lock !== 'recipient') return { by: 'nothing' };
  const file = values['wrapped-key-file'];
  if (file === undefined) {
    throw new ArgumentsError({
      why: 'This key is locked to a recipient key: --wrapped-key-file must name what its holder took out of the locked record.',
    });
  }
  return { by: 'wrapped-key', wrappedKey: await readSecretFile(file, output) };
}

async function readFilePassword(
  values: SecretValues,
  output: Output,
): Promise<ExportSecrets['filePassword']> {
  if (values['same-password'] === true) return 'same';
  if (values['generated-password-out'] !== undefined) return 'generated';
  return await readNewSecret(
    'new password for the file',
    values['file-password-file'],
    output,
    '--file-password-file',
  );
}

/** The request's body. */
export function bodyOf({ unlock, filePassword }: ExportSecrets) {
  return { unlock: textOf(unlock), filePassword: filePasswordOf(filePassword) };
}

function textOf(unlock: ExportSecrets['unlock']) {
  if (unlock.by === 'password') return { by: unlock.by, password: unlock.password.text() };
  if (unlock.by === 'wrapped-key') return { by: unlock.by, wrappedKey: unlock.wrappedKey.text() };
  return unlock;
}

function filePasswordOf(filePassword: ExportSecrets['filePassword']) {
  if (filePassword instanceof Secret) return { is: 'own' as const, password: filePassword.text() };
  return { is: filePassword };
}

/** Overwrites what was read. */
export function eraseSecrets({ unlock, filePassword }: ExportSecrets): void {
  if (unlock.by === 'password') unlock.password.erase();
  if (unlock.by === 'wrapped-key') unlock.wrappedKey.erase();
  if (filePassword instanceof Secret) filePassword.erase();
}
