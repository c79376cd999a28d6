import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { opensWithOpenssl11 } from '#test/support/openssl-1.1.ts';
import { subjectOf } from '#test/unit/crypto/pfx/subject.ts';
import { pfxVectors, vectorFolder } from '#test/vectors/pfx/vector.ts';
import { everySpec, inFolder, ours, right, wrong } from './tools.ts';

const version = expect.stringMatching(/^1\.1\.1/);

describe('OpenSSL 1.1.1', () => {
  it.each(everySpec('modern', 'compatible'))('opens what we write ($profile, $spec)', ({ spec, profile }) =>
    inFolder(async (folder) => {
      const file = await ours(folder, await subjectOf(spec), profile);
      expect(await opensWithOpenssl11(file, right)).toEqual({ opens: true, message: '', version });
    }),
  );

  it('does not know PBMAC1', () =>
    inFolder(async (folder) => {
      const opening = await opensWithOpenssl11(await ours(folder, await subjectOf(), 'pbmac1'), right);
      expect(opening).toEqual({
        opens: false,
        message: 'unknown digest algorithm',
        version,
      });
    }));

  it('does not open it with another password', () =>
    inFolder(async (folder) => {
      const opening = await opensWithOpenssl11(await ours(folder, await subjectOf()), wrong);
      expect(opening).toEqual({ opens: false, message: 'mac verify failure', version });
    }));

  it('does not open what is no PFX', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'other.pfx');
      await writeFile(file, 'not a PFX');
      expect(await opensWithOpenssl11(file, right)).toMatchObject({ opens: false });
    }));

  it.each(pfxVectors)(
    'opens $file of others, if it has a key, its certificate and a MAC that it knows',
    async (vector) => {
      const { file, password, holds, traits } = vector;
      const complete = holds.keys.length > 0 && holds.certificates > 0;
      const { opens, message } = await opensWithOpenssl11(
        fileURLToPath(new URL(file, vectorFolder)),
        password,
      );
      expect(opens, message).toBe(complete && traits.integrity.startsWith('mac-'));
    },
  );
});
