import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { lockDataFolder } from '#adapters/sqlite/data-folder-lock.ts';
import {
  type DemoRun,
  demoFolders,
  filesUnder,
  readSummary,
  runDemo,
  startDemoRaw,
} from '#test/support/demo.ts';

/** A list of one row, which goes through in no time. */
const header = 'subscriberId,givenName,familyName,email,purposes,keySpec,assurance';
const oneRow = `${header}\neva.lund,Eva,Lund,eva.lund@example.org,encryption,ECC_NIST_P256,medium\n`;

describe('a demo of a list with bad rows', () => {
  const folders = demoFolders();
  let ran: DemoRun;

  beforeAll(async () => {
    ran = await runDemo(folders, '--subscribers', 'examples/broken.csv', '--json');
  });

  /** Row as a spreadsheet counts, field, a word of why, a word of what to do. */
  const bad = [
    [3, 'subscriberId', 'empty', 'Fill it in'],
    [4, 'subscriberId', 'character', 'Use letters'],
    [5, 'familyName', 'empty', 'Fill it in'],
    [6, 'email', 'not an address', 'Write it as'],
    [7, 'purposes', 'not one of the known words', 'Use one of: identity, encryption'],
    [8, 'keySpec', 'is too weak: RSA of 1024 bits', 'Ask for RSA_2048'],
    [9, 'keySpec', 'not a key spec', 'Choose one of RSA_2048'],
    [10, 'assurance', 'not one of the known words', 'Use one of: medium'],
    [11, '(row)', '5 fields', 'Check its commas'],
    [12, 'familyName', 'invisible character', 'Type it again'],
    [13, 'subscriberId', 'second identity certificate', 'Remove one'],
    [14, 'familyName', 'longer than 64', 'Shorten it'],
    [15, '(row)', 'double quote', 'Check its commas and quotes'],
  ] as const;

  it('tells of each bad row in one line: which, which field, why, what to do', () => {
    const lines = ran.stderr.split('\n').filter((line) => line.startsWith('Refused: '));
    expect(lines).toHaveLength(bad.length);
    for (const [index, [row, field, why, next]] of bad.entries()) {
      expect(lines[index]).toContain(`examples/broken.csv, row ${row}, ${field}: `);
      expect(lines[index]).toContain(why);
      expect(lines[index]).toContain(next);
    }
  });

  it('lets the good rows through, and says by its status that some were refused', async () => {
    expect(ran.status).toBe(3);
    const summary = await readSummary(folders.out);
    expect(JSON.parse(ran.stdout)).toEqual(summary);
    expect(summary.map(({ subscriberId, purpose }) => `${subscriberId} ${purpose}`)).toEqual([
      'grace.hopper identity',
      'katherine.johnson encryption',
    ]);
    for (const { files } of summary) expect(existsSync(join(folders.out, files.pfx ?? ''))).toBe(true);
  });

  it('makes nothing of the bad ones', () => {
    const made = new Set(filesUnder(folders.out).map((path) => path.split('/')[0]));
    expect([...made].sort()).toEqual([
      'grace.hopper',
      'jwks.json',
      'katherine.johnson',
      'ledger',
      'recovery.private.jwk',
      'summary.json',
    ]);
  });
});

describe('a demo that is asked wrongly', () => {
  const folders = demoFolders();
  const { root, out, data } = folders;

  it.each([
    { options: ['--keys', 'paper'], says: ['--keys', 'software, pkcs11'] },
    { options: ['--kms-stand-in'], says: ['--kms-stand-in', 'does not go with --keys software'] },
    { options: ['--colour'], says: ['option'] },
    { options: ['surplus'], says: ['option'] },
    { options: ['--out'], says: ['option'] },
    { options: ['--subscribers', join(root, 'nowhere.csv')], says: ['--subscribers', 'cannot be read'] },
    { options: ['--subscribers', root], says: ['--subscribers', 'cannot be read'] },
    { options: ['--out', '/dev/null/out'], says: ['--out', 'folder'] },
  ])('ends with 2 and one line: $options', async ({ options, says }) => {
    const { status, stdout, stderr } = await startDemoRaw('--out', out, '--data', data, ...options).ended;
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const last = stderr.trimEnd().split('\n').at(-1) ?? '';
    for (const words of says) expect(last).toContain(words);
    expect(last).toMatch(/^.*\. .*\. \(usage\)$/);
    expect(stderr).not.toMatch(/ENOENT|EISDIR|ENOTDIR|at .*\.ts/);
    expect(existsSync(data)).toBe(false);
  });

  it('tells what a list must have when it has none of it', async () => {
    const { status, stderr } = await runDemo(folders, '--subscribers', 'package.json');
    expect(status).toBe(1);
    expect(stderr).toContain(header);
    expect(stderr).toContain('(invalid-input)');
  });

  it('prints its help on stdout when asked, and does nothing', async () => {
    const { status, stdout, stderr } = await runDemo(folders, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const option of ['--out', '--data', '--keys', '--kms-stand-in', '--subscribers', '--json']) {
      expect(stdout).toContain(option);
    }
    expect(existsSync(data)).toBe(false);
  });
});

describe('a demo on folders that do not belong together', () => {
  const folders = demoFolders();
  const { root, out, data } = folders;
  const list = join(root, 'list.csv');

  beforeAll(async () => {
    writeFileSync(list, oneRow);
    expect((await runDemo(folders, '--subscribers', list)).status).toBe(0);
  });

  it('stops where the recovery key of that data is not in the output folder', async () => {
    const other = join(root, 'other-out');
    const { status, stderr } = await runDemo({ out: other, data }, '--subscribers', list);
    expect(status).toBe(1);
    expect(stderr).toContain('(not-set-up)');
    expect(filesUnder(other)).toEqual([]);
  });

  it('stops where the recovery key in the output folder is that of other data', async () => {
    const other = join(root, 'foreign-out');
    const foreign = { out: other, data: join(root, 'foreign-data') };
    expect((await runDemo(foreign, '--subscribers', list)).status).toBe(0);
    const before = readFileSync(join(other, 'summary.json'));
    const { status, stderr } = await runDemo({ out: other, data }, '--subscribers', list);
    expect(status).toBe(1);
    expect(stderr).toContain('another recovery key');
    expect(readFileSync(join(other, 'summary.json'))).toEqual(before);
  });

  it('stops where the keys of that data live elsewhere, and leaves the receipts verifiable', async () => {
    const before = readFileSync(join(out, 'jwks.json'));
    const { status, stderr } = await runDemo(folders, '--subscribers', list, '--keys', 'pkcs11');
    expect(status).toBe(1);
    expect(stderr).toContain('--keys software');
    expect(readFileSync(join(out, 'jwks.json'))).toEqual(before);
  });

  it('stops where what should hold a recovery key holds none', async () => {
    const damaged = join(root, 'damaged-out');
    mkdirSync(damaged);
    copyFileSync(list, join(damaged, 'recovery.private.jwk'));
    const { status, stderr } = await runDemo({ out: damaged, data }, '--subscribers', list);
    expect(status).toBe(1);
    expect(stderr).toContain('recovery.private.jwk');
    expect(stderr).not.toContain('(internal)');
  });

  it('stops where another process works on that data, and runs again once that one is done', async () => {
    const lock = lockDataFolder(data);
    const { status, stderr } = await runDemo(folders, '--subscribers', list);
    lock.release();
    expect(status).toBe(1);
    expect(stderr).toContain('(data-folder-in-use)');
    expect((await runDemo(folders, '--subscribers', list)).status).toBe(0);
  });
});
