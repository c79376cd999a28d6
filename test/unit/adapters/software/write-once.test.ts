import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { writeOnce } from '#adapters/software/write-once.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('writeOnce', () => {
  const folder = temporaryFolder();
  const write = (text: string, temporary = 'a.tmp') =>
    writeOnce(folder('a'), folder(temporary), Buffer.from(text));

  it('writes a file for its owner alone, and leaves nothing beside it', async () => {
    expect(await write('first')).toBe(true);
    expect(await readFile(folder('a'), 'utf8')).toBe('first');
    expect((await stat(folder('a'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder())).toEqual(['a']);
  });

  it('leaves a file alone that exists', async () => {
    await write('first');
    expect(await write('second')).toBe(false);
    expect(await readFile(folder('a'), 'utf8')).toBe('first');
    expect(await readdir(folder())).toEqual(['a']);
  });

  it('lets one of several who write at once win, whole', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => `writer ${index}`.repeat(1_000));
    const won = await Promise.all(texts.map((text, index) => write(text, `a.${index}.tmp`)));
    expect(won.filter((each) => each)).toHaveLength(1);
    expect(await readFile(folder('a'), 'utf8')).toBe(texts[won.indexOf(true)]);
  });

  it('does not write into a temporary file that exists', async () => {
    await writeFile(folder('a.tmp'), 'of another');
    await expect(write('mine')).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(folder('a.tmp'), 'utf8')).toBe('of another');
  });
});
