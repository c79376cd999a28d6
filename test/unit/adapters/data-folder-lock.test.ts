import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lockDataFolder } from '#adapters/sqlite/data-folder-lock.ts';
import { SetUpError } from '#domain/errors.ts';
import { startChild } from './child-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('lockDataFolder', () => {
  const folder = temporaryFolder();

  function codeOfLocking(path: string): string {
    try {
      lockDataFolder(path).release();
      return 'locked';
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'no code';
    }
  }

  it('takes a folder that nobody has, and makes it private', () => {
    const lock = lockDataFolder(folder('data'));
    expect(statSync(folder('data')).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder('data'))).toEqual(['lock.db']);
    expect(statSync(folder('data', 'lock.db'))).toMatchObject({ size: 0 });
    lock.release();
  });

  it.each([0o777, 0o1777, 0o775, 0o722])(
    'refuses a folder that others may write into, mode %o, and leaves it as it is',
    (mode) => {
      mkdirSync(folder('open'));
      chmodSync(folder('open'), mode);
      expect(() => lockDataFolder(folder('open'))).toThrow(
        expect.objectContaining({ code: 'usage', next: expect.stringContaining('chmod go-w') }),
      );
      expect([readdirSync(folder('open')), statSync(folder('open')).mode & 0o7777]).toEqual([[], mode]);
    },
  );

  it('takes a folder that others may look into: what is in it, they may not', () => {
    mkdirSync(folder('seen'));
    chmodSync(folder('seen'), 0o755);
    lockDataFolder(folder('seen')).release();
    expect(statSync(folder('seen', 'lock.db')).mode & 0o777).toBe(0o600);
  });

  it('refuses a folder that this process has, until it is released', () => {
    const lock = lockDataFolder(folder());
    expect(() => lockDataFolder(folder())).toThrow(SetUpError);
    expect(codeOfLocking(folder())).toBe('data-folder-in-use');
    lock.release();
    lock.release();
    expect(codeOfLocking(folder())).toBe('locked');
  });

  it('does not let go when one that was released is released again', () => {
    const first = lockDataFolder(folder());
    first.release();
    const second = lockDataFolder(folder());
    first.release();
    expect(codeOfLocking(folder())).toBe('data-folder-in-use');
    second.release();
  });

  it('refuses another process', async () => {
    const lock = lockDataFolder(folder());
    const child = startChild('hold-lock.ts', folder());
    expect(await child.nextLine()).toBe('data-folder-in-use');
    expect(await child.ended).toBe(0);
    lock.release();
  });

  it('is refused by another process, and free at once when that is killed', async () => {
    const child = startChild('hold-lock.ts', folder());
    expect(await child.nextLine()).toBe('held');
    expect(codeOfLocking(folder())).toBe('data-folder-in-use');
    child.process.kill('SIGKILL');
    expect(await child.ended).toBe('SIGKILL');
    expect(codeOfLocking(folder())).toBe('locked');
  });

  it('tells a folder that cannot be used from one that is in use', () => {
    writeFileSync(folder('file'), '');
    expect(codeOfLocking(folder('file'))).toBe('store-unavailable');
    writeFileSync(folder('lock.db'), 'not a database, but something else of some length'.repeat(20));
    expect(codeOfLocking(folder())).toBe('store-unavailable');
  });
});
