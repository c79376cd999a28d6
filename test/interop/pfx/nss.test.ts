import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { subjectOf } from '#test/unit/crypto/pfx/subject.ts';
import {
  everySpec,
  friendlyName,
  inFolder,
  ours,
  passwordFile,
  publicOf,
  readFileOf,
  refusesOther,
  right,
  run,
  wrong,
} from './tools.ts';

/** A new certificate database without a password, as Firefox has one. */
async function database(folder: string): Promise<string> {
  const made = await run('certutil', '-N', '-d', `sql:${folder}`, '--empty-password');
  expect(made.status).toBe(0);
  return `sql:${folder}`;
}

async function imported(folder: string, file: string, secret: string) {
  const passwords = await passwordFile(folder, secret);
  return run('pk12util', '-i', file, '-d', await database(folder), '-w', passwords, '-K', '');
}

describe('NSS pk12util', () => {
  const cases = everySpec('modern', 'compatible');

  it.each(cases)(
    'imports what we write ($profile, $spec), and we read what it exports',
    ({ spec, profile }) =>
      inFolder(async (folder) => {
        const subject = await subjectOf(spec);
        const file = await ours(folder, subject, profile);
        expect(await imported(folder, file, right)).toMatchObject({ status: 0 });
        const [theirs, secret] = [join(folder, 'theirs.p12'), await passwordFile(folder, right)];
        const exported = await run(
          ...['pk12util', '-o', theirs, '-n', friendlyName, '-d', `sql:${folder}`, '-w', secret, '-K', ''],
        );
        expect(exported).toMatchObject({ status: 0 });
        const content = await readFileOf(theirs);
        expect(publicOf(content.privateKey)).toEqual(subject.publicKey);
        expect(content).toMatchObject({ certificates: [subject.certificate], friendlyName });
        expect(await refusesOther(theirs)).toBe(true);
      }),
  );

  it('does not import with another password', () =>
    inFolder(async (folder) => {
      const refused = await imported(folder, await ours(folder, await subjectOf()), wrong);
      expect(refused.status).not.toBe(0);
      expect(refused.messages).toContain('SEC_ERROR_BAD_PASSWORD');
    }));
});
