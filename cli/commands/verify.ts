import { command } from '../command.ts';
import { jsonOption, passwordFileOption } from '../options.ts';
import { exitStatus, type Output, writeJson } from '../output.ts';
import { sayIfLong } from '../pfx/long-work.ts';
import { tellVerdict } from '../pfx/tell-verdict.ts';
import { readNamedFile } from '../read-file.ts';
import { readSecret } from '../terminal/read-secret.ts';
import { judgePfx, judgeUnopened, type Verdict } from '../verdict.ts';

/** Opens a PFX, offline, tries its key, and says what it is. */
export const verify = command({
  words: ['verify'],
  group: 'Offline checks',
  summary: 'open a PFX file, try its key, and say who imports it',
  about: [
    'Opens a PFX (PKCS#12) file of any program, offline, and tries its private key. Says how it is protected and how strong that is, what its key and certificates are, whether they belong together, whether it is in the strict form of a backup of this service, and which systems import it. The file is not changed.',
    'Where it does not open, whether the password is wrong or the file is damaged cannot be known; what shows without the password is told all the same. A file without a password opens with an empty one: press Enter, or name an empty file.',
  ],
  operand: { name: 'FILE', required: 'Exactly one file must be named.' },
  options: { 'password-file': passwordFileOption("the file's password"), json: jsonOption },
  exits: { 0: 'it opens and its key works', 1: 'it does not' },
  examples: ['escrow verify obrien_Enroll_EN.pfx --password-file obrien.password.txt'],
  async run(values, { output }, file) {
    const pfx = await readNamedFile(file);
    const verdict = judgeUnopened(pfx) ?? (await judgeByPassword(pfx, values['password-file'], output));
    if (values.json === true) await writeJson(output, verdict);
    else await output.data(tellVerdict(verdict));
    return verdict.opens ? exitStatus.ok : exitStatus.no;
  },
});

async function judgeByPassword(
  pfx: Uint8Array,
  passwordFile: string | undefined,
  output: Output,
): Promise<Verdict> {
  const password = await readSecret('Password of the file: ', passwordFile, output);
  sayIfLong(pfx, output);
  return await judgePfx(pfx, password).finally(() => password.erase());
}
