import { readdirSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileOperations, nodeFileOperations } from '#adapters/files/file-operations.ts';
import { FileVault } from '#adapters/files/file-vault.ts';
import { type Database, openDatabase } from '#adapters/sqlite/database.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { listedNames } from '#test/support/listed.ts';
import { startChild } from './child-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

const name = 'acme/e-1/a-1.pfx';
const bytes = Uint8Array.of(1, 2, 3);
const otherBytes = Uint8Array.of(4, 5, 6);
const until = new Date('2026-01-02T00:00:00.000Z');

/** Real file operations that count their calls, and do `instead` at one of them. */
function interrupted(at: number, instead: (operation: () => Promise<unknown>) => Promise<never>) {
  let calls = 0;
  const step = <T>(operation: () => Promise<T>): Promise<T> => {
    calls += 1;
    return calls === at ? instead(operation) : operation();
  };
  const real = nodeFileOperations;
  const files: FileOperations = {
    makeFolder: (folder) => step(() => real.makeFolder(folder)),
    write: (file, content) => step(() => real.write(file, content)),
    rename: (from, to) => step(() => real.rename(from, to)),
    syncFolder: (folder) => step(() => real.syncFolder(folder)),
    read: (file) => step(() => real.read(file)),
    exists: (file) => step(() => real.exists(file)),
    remove: (file) => step(() => real.remove(file)),
  };
  return { files, calls: () => calls };
}

describe('FileVault after a crash', () => {
  const folder = temporaryFolder();
  const clock = new ManualClock('2026-01-03T00:00:00.000Z');
  const opened: Database[] = [];
  beforeEach(() => {
    opened.length = 0;
  });
  afterEach(() => {
    for (const database of opened) database.close();
  });

  function start(files?: FileOperations): FileVault {
    const database = openDatabase(folder('escrow.db'));
    opened.push(database);
    return new FileVault(database, folder('vault'), clock, files === undefined ? {} : { files });
  }

  const filesLeft = () =>
    readdirSync(folder(), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.startsWith('vault'))
      .filter((path) => statSync(folder(path)).isFile());

  /** Runs work on a vault whose process dies before or after one of its file operations: that call never returns. */
  async function crash(at: number, when: 'before' | 'after', work: (vault: FileVault) => Promise<unknown>) {
    const reached = Promise.withResolvers<'crashed'>();
    const { files, calls } = interrupted(at, async (operation) => {
      if (when === 'after') await operation();
      reached.resolve('crashed');
      return new Promise<never>(() => {});
    });
    const end = await Promise.race([reached.promise, work(start(files)).then(() => 'finished')]);
    return { end, calls: calls() };
  }

  // makeFolder, write, rename, and syncFolder of e-1, acme, vault and the data folder.
  const putSteps = 7;
  const crashPoints = Array.from({ length: putSteps }, (_, index) => index + 1).flatMap((at) => [
    { at, when: 'before' as const },
    { at, when: 'after' as const },
  ]);

  it('has as many steps as the tests below interrupt', async () => {
    const put = await crash(0, 'before', (vault) => vault.put(name, bytes, until));
    expect(put).toEqual({ end: 'finished', calls: putSteps });
  });

  describe.each(crashPoints)('$when step $at of a put', ({ at, when }) => {
    beforeEach(async () => {
      expect(await crash(at, when, (vault) => vault.put(name, bytes, until))).toEqual({
        end: 'crashed',
        calls: at,
      });
    });

    it('counts nothing, and the sweep leaves nothing', async () => {
      const vault = start();
      expect(await vault.list('')).toEqual({ items: [] });
      expect(await vault.sweep()).toBe(1);
      expect(await vault.sweep()).toBe(0);
      expect(filesLeft()).toEqual([]);
      const object = await vault.put(name, bytes, until);
      expect(await vault.read(name, object.version)).toEqual(Buffer.from(bytes));
    });

    it.each([
      ['the same', bytes],
      ['other', otherBytes],
    ])('takes %s content when it comes again, without a sweep', async (_, content) => {
      const vault = start();
      const object = await vault.put(name, content, until);
      expect(await vault.read(name, object.version)).toEqual(Buffer.from(content));
      expect(await vault.sweep()).toBe(0);
      expect(await listedNames(vault)).toEqual([object.name]);
      expect(filesLeft()).toEqual([`vault/${name}.${object.version}`]);
    });
  });

  it('returns the object of a put that was done and never answered', async () => {
    const object = await start().put(name, bytes, until);
    expect(await start().put(name, bytes, until)).toEqual(object);
    expect(await outcomeOf(start().put(name, otherBytes, until))).toBe('already-exists');
  });

  // remove of the temporary file (there is none), remove of the file, syncFolder.
  describe.each([
    { at: 1, when: 'before' as const },
    { at: 2, when: 'before' as const },
    { at: 2, when: 'after' as const },
    { at: 3, when: 'after' as const },
  ])('$when step $at of a removal', ({ at, when }) => {
    it('counts the version no more, and the sweep leaves nothing', async () => {
      const { version } = await start().put(name, bytes, until);
      expect(await crash(at, when, (vault) => vault.remove(name, version))).toEqual({
        end: 'crashed',
        calls: at,
      });
      const vault = start();
      expect(await vault.list('')).toEqual({ items: [] });
      expect(await outcomeOf(vault.read(name, version))).toBe('object-missing');
      expect(await vault.sweep()).toBe(1);
      expect(filesLeft()).toEqual([]);
    });
  });

  it.each(Array.from({ length: putSteps }, (_, index) => index + 1))(
    'says store-unavailable if step %i of a put fails, and stores when asked again',
    async (at) => {
      const full = Object.assign(new RangeError('no space left on device'), { code: 'ENOSPC' });
      const { files } = interrupted(at, () => Promise.reject(full));
      const vault = start(files);
      await expect(vault.put(name, bytes, until)).rejects.toMatchObject({
        code: 'store-unavailable',
        cause: full,
      });
      expect(await vault.list('')).toEqual({ items: [] });
      const object = await vault.put(name, bytes, until);
      expect(filesLeft()).toEqual([`vault/${name}.${object.version}`]);
    },
  );

  it('does not sweep away what is being written', async () => {
    const vault = start();
    const putting = vault.put(name, bytes, until);
    await Promise.resolve();
    const sweeping = vault.sweep();
    const object = await putting;
    expect(await sweeping).toBe(0);
    expect(await vault.read(name, object.version)).toEqual(Buffer.from(bytes));
  });

  it('is whole again when the system killed its process between write and rename', async () => {
    const child = startChild('put-and-die.ts', folder('escrow.db'), folder('vault'), name);
    expect(await child.ended).toBe('SIGKILL');
    expect(filesLeft()).toEqual([expect.stringMatching(/\.tmp$/)]);
    const vault = start();
    expect(await vault.list('')).toEqual({ items: [] });
    const object = await vault.put(name, bytes, until);
    expect(filesLeft()).toEqual([`vault/${name}.${object.version}`]);
  });
});
