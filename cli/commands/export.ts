import { routes } from '#contract/routes.ts';
import { exportFileName } from '#domain/file-name.ts';
import { printable } from '#domain/plain-words.ts';
import { type ChosenProfile, chooseProfile, profileOptions } from '../choose-profile.ts';
import { command } from '../command.ts';
import { type Checked, checkCopy } from '../export/check-copy.ts';
import { type Copy, fetchCopy } from '../export/fetch-copy.ts';
import { checkFilePassword, eraseSecrets, readExportSecrets } from '../export/secrets.ts';
import { enrollmentOperand, jsonOption } from '../options.ts';
import { exitStatus, type Output, writeJson } from '../output.ts';
import { openClient } from '../server/session.ts';
import { connectionOptions, repeatOptions, serverExits } from '../server/settings.ts';
import { checkNotTaken, writeNewFile } from '../write-file.ts';

/** Takes the own copy of a key pair. */
export const exportCommand = command({
  words: ['export'],
  group: 'Keys and backups',
  summary: 'take your own copy of your key pair, as a PFX file',
  about: [
    'Takes your own copy of your key pair as a PFX (PKCS#12) file under a password of its own, as yourlastname_Enroll_ID.pfx or yourlastname_Enroll_EN.pfx, with its signed receipt beside it. The service keeps neither.',
    'The file is written for the system that you name by --for. Old systems take only a compatible file, which must be allowed by policy and gets a generated password (--generated-password-out): delete it once it is imported.',
    'Before it is called done, the file is compared with its receipt, and at a terminal you are asked for its password once more: it is opened with what you type, and its key is tried. So you know that the password you remember is the one on the file.',
  ],
  operand: enrollmentOperand,
  options: {
    out: { type: 'string', value: 'FILE', says: 'the name of the file; else the usual one, in this folder' },
    ...profileOptions,
    'password-file': {
      type: 'string',
      value: 'FILE',
      says: 'the password of the key, on one line; - reads it from standard input. Without it you are asked.',
    },
    'wrapped-key-file': {
      type: 'string',
      value: 'FILE',
      says: 'of a key locked to a recipient key: what its holder took out of the locked record, base64url',
    },
    'file-password-file': {
      type: 'string',
      value: 'FILE',
      says: 'the password that the file is to have, on one line. Without it you are asked, twice.',
    },
    'same-password': { type: 'boolean', says: 'the file is to have the password of the key' },
    'generated-password-out': {
      type: 'string',
      value: 'FILE',
      says: 'the file is to have a generated password, which is written to FILE (mode 0600)',
    },
    'check-password-file': {
      type: 'string',
      value: 'FILE',
      says: 'the password to open the copy with again, where there is no terminal to ask on',
    },
    'no-check': { type: 'boolean', says: 'do not ask to open the copy again' },
    json: { ...jsonOption, says: 'print what was written where as JSON' },
    ...repeatOptions,
    ...connectionOptions,
  },
  exits: { 0: 'there, and good', 1: 'not there, or not opened by the password typed anew', ...serverExits },
  examples: [
    ['escrow export enr_4hq2kzr7w5d3xn6ypb2mtcvfqa', 'asks for all that it needs'],
    'escrow export enr_4hq2kzr7w5d3xn6ypb2mtcvfqa --password-file key.password.txt --same-password --check-password-file key.password.txt',
    'escrow export enr_4hq2kzr7w5d3xn6ypb2mtcvfqa --out obrien.pfx --generated-password-out obrien.password.txt',
    'escrow export enr_4hq2kzr7w5d3xn6ypb2mtcvfqa --for windows-server-2016 --generated-password-out obrien.password.txt',
  ],
  async run({ json, out, ...values }, context, enrollmentId) {
    const chosen = chooseProfile(values);
    checkFilePassword(values, chosen);
    const { output } = context;
    if (chosen.why !== '') output.message(chosen.why);
    const client = await openClient(values, context);
    const enrollment = await client.call(routes.showEnrollment, { params: { enrollmentId } });
    const file = out ?? exportFileName(enrollment.subscriber.familyName, enrollment.purpose, 'pfx');
    const passwordOut = values['generated-password-out'];
    // Nothing is exported that could not be written.
    for (const name of [file, receiptNameOf(file), passwordOut]) if (name !== undefined) checkNotTaken(name);
    const secrets = await readExportSecrets(enrollment, values, output);
    const copy = await fetchCopy(client, enrollmentId, secrets, chosen.profile).finally(() =>
      eraseSecrets(secrets),
    );
    await writeGenerated(copy, passwordOut, output);
    const written = out ?? copy.fileName ?? file;
    await writeCopy(copy, written, output);
    const checked = await checkCopy(written, values, output);
    if (json !== true) await output.data(printable(written));
    else await writeJson(output, told(copy, chosen, written, checked));
    return checked === 'not opened' ? exitStatus.no : exitStatus.ok;
  },
});

function told(
  { exportId, receiptId, profile, warning, pfxSha256 }: Copy,
  { target }: ChosenProfile,
  file: string,
  checked: Checked,
) {
  const ids = { exportId, receiptId, profile, target: target ?? null, pfxSha256 };
  return { file, receipt: receiptNameOf(file), ...ids, ...(warning !== undefined && { warning }), checked };
}

/** Before the file that it opens: without it, that one is worth nothing. */
async function writeGenerated(
  { generatedPassword }: Copy,
  file: string | undefined,
  output: Output,
): Promise<void> {
  if (file === undefined || generatedPassword === undefined) return;
  await writeNewFile(file, `${generatedPassword}\n`, 0o600);
  output.message(`The password of the file is in ${printable(file)}.`);
}

async function writeCopy({ pfx, receipt, warning }: Copy, file: string, output: Output): Promise<void> {
  await writeNewFile(file, pfx, 0o600);
  await writeNewFile(receiptNameOf(file), `${receipt}\n`, 0o644);
  output.message(
    `Your copy is in ${printable(file)}, with its receipt beside it: genuine, and of this very file.`,
  );
  if (warning !== undefined) output.message(printable(warning));
}

function receiptNameOf(file: string): string {
  return `${file.replace(/\.(pfx|p12)$/i, '')}.receipt.jws`;
}
