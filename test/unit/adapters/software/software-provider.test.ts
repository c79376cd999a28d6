import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { openSoftwareProvider } from '#adapters/software/software-provider.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { startChild } from '../child-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('openSoftwareProvider', () => {
  const folder = temporaryFolder();
  const open = (stage = 'evaluation') => openSoftwareProvider({ folder: folder('keys'), stage });
  const keysFile = () => folder('keys', 'provider-keys.json');

  it.each(['production', 'prod', 'Production', ' PRODUCTION '])('refuses the stage "%s"', async (stage) => {
    await expect(open(stage)).rejects.toMatchObject({
      code: 'provider-misconfigured',
      message: expect.stringContaining('for evaluation only'),
    });
    expect(await readdir(folder())).toEqual([]);
  });

  it.each(['evaluation', 'test', 'production-like-demo'])('works in the stage "%s"', async (stage) => {
    expect((await open(stage)).custody).toBe('software');
  });

  it('makes its own keys once when several processes start at the same moment', async () => {
    const children = Array.from({ length: 4 }, () =>
      startChild('../software/children/open.ts', folder('keys')),
    );
    const kids = await Promise.all(children.map((child) => child.nextLine()));
    expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0, 0, 0]);
    const { kid } = await (await open()).receiptKey();
    expect(new Set(kids)).toEqual(new Set([kid]));
    expect(await readdir(folder('keys'))).toEqual(['provider-keys.json', 'resident']);
  });

  it('makes its own keys beside what a crash left of an earlier start', async () => {
    await (await open()).close();
    const content = await readFile(keysFile());
    await writeFile(`${keysFile()}.0123456789abcdef.tmp`, content.subarray(0, 20));
    expect(await outcomeOf(open())).toBe('done');
  });

  it('keeps its keys in one file that only the owner reads', async () => {
    await open();
    const { mode } = await stat(keysFile());
    expect(mode & 0o777).toBe(0o600);
  });

  it('refuses keys that other users can read, and says what to run', async () => {
    await open();
    await chmod(keysFile(), 0o640);
    await expect(open()).rejects.toMatchObject({
      code: 'provider-misconfigured',
      next: expect.stringContaining('chmod 600'),
    });
  });

  it.each([
    ['empty', ''],
    ['not JSON', '{'],
    ['of another version', '{"version":2}'],
    [
      'short of a key',
      JSON.stringify({ version: 1, wrappingKey: 'AAAA', macKey: 'AAAA', wrappedReceiptKey: '' }),
    ],
  ])('refuses a key file that is %s, and leaves it as it is', async (_, content) => {
    await open();
    await writeFile(keysFile(), content);
    await expect(open()).rejects.toMatchObject({ code: 'provider-misconfigured' });
    expect(await readFile(keysFile(), 'utf8')).toBe(content);
  });

  it('quotes nothing of a damaged key file in its error', async () => {
    await open();
    const content = await readFile(keysFile(), 'utf8');
    await writeFile(keysFile(), content.slice(0, -10));
    const error: unknown = await open().catch((caught: unknown) => caught);
    const told = `${JSON.stringify(error)} ${error instanceof Error ? `${error.stack} ${error.cause}` : ''}`;
    for (const key of content.match(/[A-Za-z0-9+/=]{20,}/g) ?? []) {
      expect(told).not.toContain(key.slice(0, 12));
    }
  });

  it('says that the folder did not answer where there cannot be one', async () => {
    await writeFile(folder('keys'), 'a file, not a folder');
    expect(await outcomeOf(open())).toBe('provider-unavailable');
  });
});
