import { printable } from '#domain/plain-words.ts';
import { type Command, onlyFile, readArguments } from '../command.ts';
import { exitStatus, writeJson } from '../output.ts';
import { readNamedFile } from '../read-file.ts';
import { readSecret } from '../read-secret.ts';
import { judgePfx, type Verdict } from '../verdict.ts';

/** Opens a PFX, offline, tries its key, and says what it is. */
export const verify: Command = {
  words: ['verify'],
  summary: 'open a PFX file and try its key',
  help: `escrow verify FILE [--password-file FILE] [--json]

Opens a PFX (PKCS#12) file, offline, and tries its private key. The file is not changed.

  --password-file FILE   the file's password, on one line; - reads it from standard input.
                         Without it you are asked.
  --json                 print what was found as JSON

Exit status: 0 it opens and its key works, 1 it does not, 2 wrong usage.
Example: escrow verify obrien_Enroll_EN.pfx --password-file obrien.password.txt
`,
  async run(args, output) {
    const { values, positionals } = readArguments(args, {
      'password-file': { type: 'string' },
      json: { type: 'boolean' },
    });
    const pfx = await readNamedFile(onlyFile(positionals));
    const password = await readSecret('Password of the file: ', values['password-file'], output);
    const verdict = await judgePfx(pfx, password);
    password.erase();
    if (values.json === true) await writeJson(output, verdict);
    else await output.data(describe(verdict));
    return verdict.opens ? exitStatus.ok : exitStatus.no;
  },
};

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
