import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileVault } from '#adapters/files/file-vault.ts';
import { type Database, openDatabase } from '#adapters/sqlite/database.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { listedNames } from '#test/support/listed.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('FileVault', () => {
  const folder = temporaryFolder();
  const bytes = Uint8Array.of(1, 2, 3);
  const until = new Date('2026-02-01T00:00:00.000Z');
  let database: Database;
  let vault: FileVault;
  beforeEach(() => {
    database = openDatabase(folder('escrow.db'));
    vault = new FileVault(database, folder('vault'), new ManualClock());
  });
  afterEach(() => database.close());

  const modeOf = (...parts: string[]) => statSync(folder(...parts)).mode & 0o777;

  it('keeps content in a file that nobody may write, in folders of its owner', async () => {
    const { version } = await vault.put('acme/e-1/a.pfx', bytes, until);
    const file = `a.pfx.${version}`;
    expect(readdirSync(folder('vault', 'acme', 'e-1'))).toEqual([file]);
    expect(new Uint8Array(readFileSync(folder('vault', 'acme', 'e-1', file)))).toEqual(bytes);
    expect(modeOf('vault', 'acme', 'e-1', file)).toBe(0o400);
    for (const parts of [['vault'], ['vault', 'acme'], ['vault', 'acme', 'e-1']]) {
      expect(modeOf(...parts)).toBe(0o700);
    }
  });

  it.each([
    '',
    '/',
    '/acme/a.pfx',
    'acme/',
    'acme//a.pfx',
    '.',
    '..',
    '../a.pfx',
    'acme/../../a.pfx',
    'acme/./a.pfx',
    'acme/.hidden',
    'acme\\a.pfx',
    'acme/a b.pfx',
    'acme/ä.pfx',
    'acme/a\0.pfx',
    'acme/a\n',
    'C:/a.pfx',
    `acme/${'a'.repeat(201)}`,
    Array.from({ length: 400 }, () => 'a').join('/'),
  ])('takes %j for no name, and writes nothing', async (name) => {
    expect(await outcomeOf(vault.put(name, bytes, until))).toBe('invalid-input');
    expect(await outcomeOf(vault.read(name, 'v'))).toBe('object-missing');
    expect(await outcomeOf(vault.describe(name, 'v'))).toBe('object-missing');
    expect(await outcomeOf(vault.extendRetention(name, 'v', until))).toBe('object-missing');
    expect(await outcomeOf(vault.remove(name, 'v'))).toBe('object-missing');
    expect(readdirSync(folder()).filter((each) => !each.startsWith('escrow.db'))).toEqual([]);
  });

  it.each(['a', 'a.pfx', 'acme/e_1/A-1.pfx', `acme/${'a'.repeat(200)}`, 'a/a.b/a.b.c'])(
    'takes %j for a name',
    async (name) => {
      const object = await vault.put(name, bytes, until);
      expect(new Uint8Array(await vault.read(name, object.version))).toEqual(bytes);
    },
  );

  it.each([
    ['cut short', bytes.slice(0, 2)],
    ['made longer', Uint8Array.of(1, 2, 3, 4)],
    ['emptied', new Uint8Array()],
    ['changed', Uint8Array.of(1, 2, 4)],
  ])('says object-damaged of content that was %s', async (_, changed) => {
    const { version } = await vault.put('acme/a.pfx', bytes, until);
    chmodSync(folder('vault', `acme/a.pfx.${version}`), 0o600);
    writeFileSync(folder('vault', `acme/a.pfx.${version}`), changed);
    expect(await outcomeOf(vault.read('acme/a.pfx', version))).toBe('object-damaged');
  });

  it('says store-unavailable of a file that cannot be read, and keeps the cause', async () => {
    const { version } = await vault.put('acme/a.pfx', bytes, until);
    const file = folder('vault', `acme/a.pfx.${version}`);
    rmSync(file);
    mkdirSync(file);
    await expect(vault.read('acme/a.pfx', version)).rejects.toMatchObject({
      code: 'store-unavailable',
      cause: { code: 'EISDIR' },
    });
  });

  it('says store-unavailable of a folder that cannot be made, and stores once it can be', async () => {
    writeFileSync(folder('vault'), '');
    await expect(vault.put('acme/a.pfx', bytes, until)).rejects.toMatchObject({
      code: 'store-unavailable',
      cause: expect.any(Error),
    });
    rmSync(folder('vault'));
    const object = await vault.put('acme/a.pfx', bytes, until);
    expect(await listedNames(vault)).toEqual([object.name]);
  });

  it('never sweeps a file only because its index does not know it', async () => {
    await vault.put('acme/a.pfx', bytes, until);
    writeFileSync(folder('vault', 'acme', 'b.pfx.of-another-index'), bytes);
    expect(await vault.sweep()).toBe(0);
    expect(readdirSync(folder('vault', 'acme'))).toHaveLength(2);
  });
});
