import { profileWarnings } from '#domain/pfx-warnings.ts';
import { printable } from '#domain/plain-words.ts';
import type { Secret } from '#domain/secret.ts';
import { chooseProfile, profileOptions } from '../choose-profile.ts';
import { ArgumentsError, command } from '../command.ts';
import { checkFilePassword } from '../export/secrets.ts';
import { jsonOption, passwordFileOption } from '../options.ts';
import { exitStatus, type Output, writeJson } from '../output.ts';
import { type Conversion, conversionFacts } from '../pfx/conversion.ts';
import { checkNames, convertedName, writeConverted } from '../pfx/converted-files.ts';
import { importTable } from '../pfx/imports.ts';
import { sayIfLong } from '../pfx/long-work.ts';
import { chooseNewPassword, type NewPasswordValues } from '../pfx/new-password.ts';
import { rewrite } from '../pfx/rewrite.ts';
import { seeFile } from '../pfx/see-file.ts';
import { openSource, type PfxSource } from '../pfx/source.ts';
import { readNamedFile } from '../read-file.ts';
import { readSecret } from '../terminal/read-secret.ts';

/** Writes a PFX anew in another profile, after proving it, and proves what it wrote. */
export const convert = command({
  words: ['convert'],
  group: 'Offline checks',
  summary: 'write a PFX file anew, as another system takes it',
  about: [
    'Opens a PFX (PKCS#12) file of any program, offline, and writes its private key and certificates to a new file in another profile. First the old file is proved (one private key, which works and is of its certificate), then the new one, as a backup is: only then it is written, for its owner alone (mode 0600), beside the old one unless --out says where. The old file stays as it is, and no file is written over.',
    'The new file has a password of its own. A compatible one, for old systems, has a generated password only.',
    "This is done on this machine, so the organization's policy is not asked: it rules what the service gives out.",
  ],
  operand: { name: 'FILE', required: 'Exactly one file must be named.' },
  options: {
    ...profileOptions,
    out: {
      type: 'string',
      value: 'FILE',
      says: 'the name of the new file; else as in obrien.windows-11.pfx',
    },
    'password-file': passwordFileOption("the old file's password"),
    'file-password-file': {
      type: 'string',
      value: 'FILE',
      says: 'the password that the new file is to have, on one line. Without it you are asked, twice.',
    },
    'same-password': { type: 'boolean', says: 'the new file is to have the password of the old one' },
    'generated-password-out': {
      type: 'string',
      value: 'FILE',
      says: 'the new file is to have a generated password, which is written to FILE (mode 0600)',
    },
    json: { ...jsonOption, says: 'print what was written where as JSON' },
  },
  exits: { 0: 'written and proved', 1: 'refused, and nothing written' },
  examples: [
    ['escrow convert obrien_Enroll_EN.pfx --for windows-11', 'asks for both passwords'],
    'escrow convert obrien_Enroll_EN.pfx --for windows-server-2016 --generated-password-out obrien.password.txt',
    'escrow convert old.p12 --profile modern --out obrien.pfx --password-file old.txt --same-password',
  ],
  async run({ json, out, ...values }, { output }, file) {
    const { profile, target, why } = chooseProfile(values);
    if (profile === undefined) {
      throw new ArgumentsError({ why: 'What the new file is for must be said by --for or --profile.' });
    }
    checkFilePassword(values, { profile, target, why });
    const passwordOut = values['generated-password-out'];
    const written = out ?? convertedName(file, target ?? profile);
    checkNames(written, passwordOut);
    if (why !== '') output.message(why);
    const { source, newPassword } = await readSource(file, values, output);
    const rewritten = await rewrite(source, profile, newPassword).finally(() => source.privateKey.erase());
    await writeConverted(rewritten.pfx, written, newPassword, passwordOut).finally(() => newPassword.erase());
    const conversion = conversionFacts({ file: written, profile, target, source, rewritten });
    if (json !== true) await output.data(printable(written));
    else await writeJson(output, conversion);
    tell(conversion, passwordOut, output);
    return exitStatus.ok;
  },
});

/** Opens the old file before the new password is asked for, so that nobody thinks one up for nothing. */
async function readSource(
  file: string,
  values: NewPasswordValues & { 'password-file'?: string | undefined },
  output: Output,
): Promise<{ source: PfxSource; newPassword: Secret }> {
  const pfx = await readNamedFile(file);
  seeFile(pfx);
  const password = await readSecret('Password of the file: ', values['password-file'], output);
  try {
    sayIfLong(pfx, output);
    const source = await openSource(pfx, password);
    try {
      const old = { password, checked: source.passwordChecked };
      return { source, newPassword: await chooseNewPassword(values, old, output) };
    } catch (error) {
      source.privateKey.erase();
      throw error;
    }
  } finally {
    password.erase();
  }
}

function tell(
  { file, profile, notes, targets }: Conversion,
  passwordOut: string | undefined,
  output: Output,
): void {
  const said = [
    `The new file, ${file}, was proved to open and to work (${profile}). The old one is as it was.`,
    ...(passwordOut === undefined ? [] : [`Its password is in ${passwordOut}.`]),
    ...notes,
    ...[profileWarnings[profile] ?? []].flat(),
  ];
  for (const sentence of said) output.message(printable(sentence));
  output.message(`Imported by\n${importTable(targets)}`);
}
