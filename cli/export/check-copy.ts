import { printable } from '#domain/plain-words.ts';
import type { Secret } from '#domain/secret.ts';
import type { Output } from '../output.ts';
import { readNamedFile } from '../read-file.ts';
import { askSecret, canAsk } from '../terminal/prompt.ts';
import { readSecretFile } from '../terminal/read-secret.ts';
import { judgePfx } from '../verdict.ts';

export interface CheckValues {
  'check-password-file'?: string | undefined;
  'no-check'?: boolean | undefined;
}

/** What came of opening the copy again: `not tried` where nobody was asked, or whoever was passed over it. */
export type Checked = 'opened' | 'not opened' | 'not tried';

const tries = 3;

/**
 * Opens the written file with its password typed anew, and tries its key: so its owner knows that the password they remember
 * is the one on the file. @throws what reading the files throws
 */
export async function checkCopy(file: string, values: CheckValues, output: Output): Promise<Checked> {
  const passwordFile = values['check-password-file'];
  if (passwordFile !== undefined)
    return await opens(file, await readSecretFile(passwordFile, output), output);
  if (values['no-check'] === true || !canAsk()) return 'not tried';
  for (let left = tries; left > 0; left--) {
    const password = await askSecret('Its password once more, to see that it opens (Enter to pass over): ');
    if (password.bytes().length === 0) return 'not tried';
    if ((await opens(file, password, output)) === 'opened') return 'opened';
  }
  output.message('The file is there all the same. If its password is lost, export another copy.');
  return 'not opened';
}

async function opens(file: string, password: Secret, output: Output): Promise<Checked> {
  const verdict = await judgePfx(await readNamedFile(file), password);
  password.erase();
  const [problem] = verdict.problems;
  output.message(
    verdict.opens
      ? 'It opens with that password, and its key works.'
      : printable(`escrow: ${problem ?? 'It does not open.'} (${verdict.code})`),
  );
  return verdict.opens ? 'opened' : 'not opened';
}
