import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clearUnfinishedFiles, makeFolder, writeFileAtomically } from '#runtime/atomic-file.ts';
import { thrownBy } from '#test/support/refused.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'escrow-atomic-'));
  path = join(folder, 'file.txt');
});
afterEach(() => rm(folder, { recursive: true }));

describe('a file written atomically', () => {
  it('is there whole, with nothing beside it, in a folder that is made', async () => {
    const deep = join(folder, 'a', 'b', 'file.bin');
    await writeFileAtomically(deep, Uint8Array.of(0, 1, 255));
    expect(new Uint8Array(await readFile(deep))).toEqual(Uint8Array.of(0, 1, 255));
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['file.bin']);
  });

  it.each([0o600, 0o644])('has the mode %o', async (mode) => {
    await writeFileAtomically(path, 'secret', { mode });
    expect((await stat(path)).mode & 0o777).toBe(mode);
  });

  it('is not replaced unless that was asked for', async () => {
    await writeFileAtomically(path, 'first');
    const error = await thrownBy(() => writeFileAtomically(path, 'second'));
    expect(error).toMatchObject({ code: 'refuses-to-overwrite', details: { field: path } });
    expect(await readFile(path, 'utf8')).toBe('first');
    await writeFileAtomically(path, 'third', { overwrite: true });
    expect(await readFile(path, 'utf8')).toBe('third');
    expect(await readdir(folder)).toEqual(['file.txt']);
  });

  it('is of one of several writers at once, whole', async () => {
    const contents = Array.from({ length: 8 }, (_each, index) => String(index).repeat(50_000));
    const results = await Promise.allSettled(contents.map((content) => writeFileAtomically(path, content)));
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['file.txt']);
  });

  it.each([true, false])('leaves nothing of a write that fails, overwriting %s', async (overwrite) => {
    await mkdir(join(path, 'inside'), { recursive: true });
    await expect(writeFileAtomically(path, 'secret', { overwrite })).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['file.txt']);
    const nowhere = writeFileAtomically(join(folder, 'x'.repeat(300)), 'secret', { overwrite });
    await expect(nowhere).rejects.toThrow('ENAMETOOLONG');
    expect(await readdir(folder)).toEqual(['file.txt']);
  });
});

describe('what a killed process left half written', () => {
  it('is cleared, and nothing else', async () => {
    const left = '.0b4cb1e4-58f8-4f3b-9a9e-1f2f3c4d5e6f.part';
    const others = ['.hidden.part', 'x.part', 'file.txt', '.0b4cb1e4.part'];
    for (const name of [left, ...others]) await writeFile(join(folder, name), 'secret');
    await clearUnfinishedFiles(folder);
    expect(new Set(await readdir(folder))).toEqual(new Set(others));
  });

  it('is nothing where there is no folder', async () => {
    await clearUnfinishedFiles(join(folder, 'none'));
  });

  it('is not sought in what is no folder', async () => {
    await writeFile(path, '');
    await expect(clearUnfinishedFiles(path)).rejects.toThrow('ENOTDIR');
  });
});

describe('a folder', () => {
  it('is made with those that it is to stand in, for its owner alone if asked, and again is nothing', async () => {
    const deep = join(folder, 'a', 'b', 'c');
    for (const _ of [1, 2]) await makeFolder(deep, 0o700);
    for (const each of [deep, join(folder, 'a')]) expect((await stat(each)).mode & 0o777).toBe(0o700);
    await makeFolder('/');
    await makeFolder('.');
  });

  it('is made once, by several at once', async () => {
    const deep = join(folder, 'a', 'b', 'c');
    await Promise.all(Array.from({ length: 8 }, () => makeFolder(deep)));
    expect((await stat(deep)).isDirectory()).toBe(true);
  });

  it('is not made in the place of a file, in a file, nor where the file system makes none', async () => {
    await writeFile(path, '');
    await expect(makeFolder(path)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(join(path, 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    for (const none of ['/proc/none', '/proc/none/at/all']) {
      await expect(makeFolder(none)).rejects.toMatchObject({ code: 'ENOENT' });
    }
  });
});
