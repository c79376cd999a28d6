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

describe('Java keytool', () => {
  const cases = everySpec('modern', 'compatible');

  it.each(cases)(
    'takes over the private key that we write ($profile, $spec), and we read what it writes',
    ({ spec, profile }) =>
      inFolder(async (folder) => {
        const subject = await subjectOf(spec);
        const [file, theirs] = [await ours(folder, subject, profile), join(folder, 'theirs.p12')];
        const secret = await passwordFile(folder, right);
        const taken = await run(
          ...['keytool', '-importkeystore', '-srckeystore', file, '-srcstorepass:file', secret],
          ...[
            '-destkeystore',
            theirs,
            '-deststoretype',
            'PKCS12',
            '-deststorepass:file',
            secret,
            '-noprompt',
          ],
        );
        expect(taken).toMatchObject({ status: 0 });
        const content = await readFileOf(theirs);
        expect(publicOf(content.privateKey)).toEqual(subject.publicKey);
        // A Java keystore holds aliases in lower case.
        expect(content).toMatchObject({
          certificates: [subject.certificate],
          friendlyName: friendlyName.toLowerCase(),
        });
        expect(await refusesOther(theirs)).toBe(true);
      }),
  );

  it('lists one private key entry, and none with another password', () =>
    inFolder(async (folder) => {
      const file = await ours(folder, await subjectOf());
      const list = async (secret: string) =>
        run('keytool', '-list', '-keystore', file, '-storepass:file', await passwordFile(folder, secret));
      const { status, output } = await list(right);
      expect(status).toBe(0);
      expect(output).toContain('Your keystore contains 1 entry');
      expect(output).toContain('PrivateKeyEntry');
      expect(await list(wrong)).toMatchObject({
        status: 1,
        output: expect.stringContaining('password was incorrect'),
      });
    }));
});
