import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DemoFolders, filesUnder } from './demo.ts';

const header = 'subscriberId,givenName,familyName,email,purposes,keySpec,assurance';

/** Keys that are made in no time: one of each purpose that may leave, and one that must not. */
const rows = `rosa.adler,Rosa,Adler,rosa.adler@example.org,identity+encryption,ECC_NIST_P256,medium
emil.curtis,Emil,Curtis,emil.curtis@example.org,identity,ECC_NIST_P256,medium-hardware`;

/** Writes a short list of subscribers. @returns the options of a demo that name it */
export function shortList({ root }: Pick<DemoFolders, 'root'>): string[] {
  const file = join(root, 'list.csv');
  writeFileSync(file, `${header}\n${rows}\n`);
  return ['--subscribers', file];
}

/** Every file of a demo's output but those of its ledger, which tells of each run, by its path, with the SHA-256 of its bytes. */
export function digestsOf({ out }: Pick<DemoFolders, 'out'>): Record<string, string> {
  const digest = (path: string) =>
    createHash('sha256')
      .update(readFileSync(join(out, path)))
      .digest('hex');
  const paths = filesUnder(out).filter((path) => !path.startsWith('ledger/'));
  return Object.fromEntries(paths.map((path) => [path, digest(path)]));
}
