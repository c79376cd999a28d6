import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { jsonOption, passwordFileOption } from '../options.ts';
import { exitStatus, writeJson } from '../output.ts';
import { readNamedFile } from '../read-file.ts';
import { readSecret } from '../terminal/read-secret.ts';
import { judgePfx, type Verdict } from '../verdict.ts';

/** Opens a PFX, offline, tries its key, and says what it is. */
export const verify = command({
  words: ['verify'],
  group: 'Offline checks',
  summary: 'open a PFX file and try its key',
  about: ['Opens a PFX (PKCS#12) file, offline, and tries its private key. The file is not changed.'],
  operand: { name: 'FILE', required: 'Exactly one file must be named.' },
  options: { 'password-file': passwordFileOption("the file's password"), json: jsonOption },
  exits: { 0: 'it opens and its key works', 1: 'it does not' },
  examples: ['escrow verify obrien_Enroll_EN.pfx --password-file obrien.password.txt'],
  async run(values, { output }, file) {
    const pfx = await readNamedFile(file);
    const password = await readSecret('Password of the file: ', values['password-file'], output);
    const verdict = await judgePfx(pfx, password);
    password.erase();
    if (values.json === true) await writeJson(output, verdict);
    else await output.data(describe(verdict));
    return verdict.opens ? exitStatus.ok : exitStatus.no;
  },
});

const certificates = {
  placeholder: 'a placeholder: no CA has issued one yet',
  issued: 'issued',
  none: 'none',
} as const;

function describe({ opens, code, ...found }: Verdict): string {
  const { profile, iterations, key, certificate, friendlyName } = found;
  const problems = found.problems.map((problem) => `  note         ${problem}`);
  const lines = opens
    ? [
        'It opens, and its private key works.',
        `  key          ${key?.spec ?? 'of a kind that this service does not make'}, SPKI SHA-256 ${key?.spkiSha256}`,
        `  certificate  ${certificates[certificate ?? 'none']}`,
        `  name         ${friendlyName ?? '(none)'}`,
        `  profile      ${profile}`,
        `  iterations   ${iterations?.mac} (MAC), ${iterations?.key} (key), ${iterations?.certificates} (certificates)`,
        ...problems,
      ]
    : [
        code === 'pfx-key-mismatch'
          ? 'It opens, but its private key is of no use.'
          : `It was not opened (${code}).`,
        ...problems,
      ];
  return lines.map(printable).join('\n');
}
