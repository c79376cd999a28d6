import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { opensWithOpenssl11 } from '#test/support/openssl-1.1.ts';
import { subjectOf } from '#test/unit/crypto/pfx/subject.ts';
import { everySpec, inFolder, ours, right, wrong } from './tools.ts';

const version = expect.stringMatching(/^1\.1\.1/);

describe('OpenSSL 1.1.1', () => {
  it.each(everySpec('modern', 'compatible'))('opens what we write ($profile, $spec)', ({ spec, profile }) =>
    inFolder(async (folder) => {
      const file = await ours(folder, await subjectOf(spec), profile);
      expect(await opensWithOpenssl11(file, right)).toEqual({ opens: true, message: '', version });
    }),
  );

  it('does not open it with another password', () =>
    inFolder(async (folder) => {
      const opening = await opensWithOpenssl11(await ours(folder, await subjectOf()), wrong);
      expect(opening).toEqual({ opens: false, message: 'mac verify failure', version });
    }));

  it('does not know PBMAC1', () =>
    inFolder(async (folder) => {
      const file = await ours(folder, await subjectOf(), 'pbmac1');
      expect(await opensWithOpenssl11(file, right)).toMatchObject({ opens: false, version });
    }));

  it('does not open what is no PFX', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'other.pfx');
      await writeFile(file, 'not a PFX');
      expect(await opensWithOpenssl11(file, right)).toMatchObject({ opens: false });
    }));
});
