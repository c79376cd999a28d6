import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toPem } from '#crypto/pkcs10.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { subjectOf } from '#test/unit/crypto/pfx/subject.ts';
import {
  everySpec,
  friendlyName,
  inFolder,
  ours,
  pemFiles,
  publicOf,
  readFileOf,
  refusesOther,
  right,
  run,
  wrong,
} from './tools.ts';

const info = (file: string, secret: string) =>
  run('certtool', '--p12-info', '--inder', '--infile', file, '--password', secret);

describe('GnuTLS certtool', () => {
  it.each(everySpec('modern', 'compatible'))('opens what we write ($profile, $spec)', ({ spec, profile }) =>
    inFolder(async (folder) => {
      const subject = await subjectOf(spec);
      const { status, output, messages } = await info(await ours(folder, subject, profile), right);
      expect(status).toBe(0);
      expect(messages).not.toMatch(/fail|error/i);
      expect(output).toContain(profile === 'modern' ? 'MAC: SHA256' : 'MAC: SHA1');
      expect(output.match(/Friendly name: .*/g)).toEqual(Array(2).fill(`Friendly name: ${friendlyName}`));
      const shrouded = join(folder, 'shrouded.pem');
      await writeFile(
        shrouded,
        /-----BEGIN ENCRYPTED PRIVATE KEY-----[^-]*-----END.*/.exec(output)?.[0] ?? '',
      );
      const opened = await run('certtool', '--pubkey-info', '--load-privkey', shrouded, '--password', right);
      expect(opened.output).toContain(toPem('PUBLIC KEY', subject.publicKey));
    }),
  );

  it('does not open it with another password', () =>
    inFolder(async (folder) => {
      const { output, messages } = await info(await ours(folder, await subjectOf()), wrong);
      expect(messages).toContain('The Message Authentication Code verification failed');
      expect(output).not.toContain('BEGIN PRIVATE KEY');
    }));

  it.each(keySpecNames)('writes what we read (%s)', (spec) =>
    inFolder(async (folder) => {
      const subject = await subjectOf(spec);
      const { key, cert } = await pemFiles(folder, subject);
      const theirs = join(folder, 'theirs.p12');
      const made = await run(
        ...['certtool', '--to-p12', '--load-privkey', key, '--load-certificate', cert, '--outder'],
        ...['--outfile', theirs, '--p12-name', 'theirs', '--password', right],
      );
      expect(made).toMatchObject({ status: 0 });
      const content = await readFileOf(theirs);
      expect(publicOf(content.privateKey)).toEqual(subject.publicKey);
      expect(content).toMatchObject({ certificates: [subject.certificate], friendlyName: 'theirs' });
      expect(await refusesOther(theirs)).toBe(true);
    }),
  );
});
