import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type DemoFolders, demoFolders, readSummary, runDemo, startDemo } from '#test/support/demo.ts';
import { runProgram } from '#test/support/program.ts';

/** What the demo says to a person who uses it a little wrongly. */
const header = 'subscriberId,givenName,familyName,email,purposes,keySpec,assurance';
const oneRow = `${header}\neva.lund,Eva,Lund,eva.lund@example.org,identity,ECC_NIST_P256,medium\n`;

function listed(folders: DemoFolders, name: string, text: string): string[] {
  const file = join(folders.root, name);
  writeFileSync(file, text);
  return ['--subscribers', file];
}

describe('a demo of which one of the two folders was removed', () => {
  const folders = demoFolders();
  const { root, out, data } = folders;
  let list: string[];

  beforeAll(async () => {
    list = listed(folders, 'list.csv', oneRow);
    expect((await runDemo(folders, ...list)).status).toBe(0);
  });

  it('does not pass files of other data for its own', async () => {
    const pfx = readFileSync(join(out, 'eva.lund/lund_Enroll_ID.pfx'));
    const { status, stderr } = await runDemo({ out, data: join(root, 'new-data') }, ...list);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^The data folder is new, .* holds files of an earlier run, .* or a new output folder with --out\. \(not-set-up\)$/m,
    );
    expect(readFileSync(join(out, 'eva.lund/lund_Enroll_ID.pfx'))).toEqual(pfx);
    expect((await runDemo(folders, ...list)).status).toBe(0);
  });

  it('makes up no password for a key that stands', async () => {
    const stem = join(out, 'eva.lund/lund_Enroll_ID');
    const password = readFileSync(`${stem}.password.txt`);
    rmSync(`${stem}.pfx`);
    rmSync(`${stem}.password.txt`);
    const { status, stderr } = await runDemo({ out, data }, ...list);
    expect(status).toBe(1);
    expect(stderr).toContain(
      'lund_Enroll_ID.password.txt of the earlier run is not there; nothing else opens this key.',
    );
    expect(existsSync(`${stem}.password.txt`)).toBe(false);

    writeFileSync(`${stem}.password.txt`, password, { mode: 0o600 });
    expect((await runDemo(folders, ...list)).status).toBe(0);
    expect(existsSync(`${stem}.pfx`)).toBe(true);
  });
});

describe('a demo of a list that was changed', () => {
  const folders = demoFolders();

  it('refuses the change once a run, and nothing once it is undone', async () => {
    const list = listed(folders, 'list.csv', oneRow);
    const changed = listed(folders, 'changed.csv', oneRow.replace('ECC_NIST_P256', 'ECC_NIST_P384'));
    expect((await runDemo(folders, ...list)).status).toBe(0);
    for (let run = 0; run < 2; run++) {
      const { status, stderr } = await runDemo(folders, ...changed);
      expect(status).toBe(3);
      expect(stderr.match(/^Refused: .*/gm)).toEqual([
        expect.stringMatching(
          /^Refused: request eva\.lund\.identity: It is not what an earlier run asked for.* \(idempotency-mismatch\)$/,
        ),
      ]);
    }
    const { status, stderr } = await runDemo(folders, ...list);
    expect({ status, refused: stderr.includes('Refused') }).toEqual({ status: 0, refused: false });
  });
});

describe('a demo of a list of nobody', () => {
  const folders = demoFolders();

  it('ends well, without a table', async () => {
    const { status, stdout, stderr } = await runDemo(
      folders,
      ...listed(folders, 'nobody.csv', `${header}\n`),
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toContain('0 enrollments');
    expect(await readSummary(folders.out)).toEqual([]);
  });
});

describe('a demo of garbage', () => {
  const folders = demoFolders();

  it.each([
    ['nothing at all', '', 1],
    ['five megabytes of bytes', Buffer.alloc(5_000_000, 0xfe).toString('latin1'), 1],
    ['five megabytes of lines', `${header}\n${`${'x'.repeat(49)}\n`.repeat(100_000)}`, 3],
  ])('says in few lines what is wrong: %s', async (_, text, expected) => {
    const { status, stderr } = await runDemo(folders, ...listed(folders, 'garbage.csv', text));
    expect(status).toBe(expected);
    expect(stderr.length).toBeLessThan(50_000);
    expect(stderr).not.toContain('(internal)');
  });
});

describe('a demo whose data folder cannot be used', () => {
  const folders = demoFolders();
  const { root, out } = folders;

  it.each([
    ['a file', 'taken', /^.*taken: a file stands where a folder must be\. Name another place\. \(usage\)$/m],
    ['in a file', 'taken/data', /^.*taken\/data: a file stands where a folder must be\. .* \(usage\)$/m],
    [
      'of another program',
      'foreign',
      /^.*foreign: what stands there is no database\. Put back a copy, or name another folder with --data\. \(store-unavailable\)$/m,
    ],
  ])('says why: %s', async (_, name, line) => {
    writeFileSync(join(root, 'taken'), '');
    if (name === 'foreign') {
      const data = join(root, 'foreign');
      await runDemo({ out, data }, ...listed(folders, 'nobody.csv', `${header}\n`));
      writeFileSync(join(data, 'escrow.db'), 'This is no database. '.repeat(100));
    }
    const { status, stdout, stderr } = await runDemo({ out, data: join(root, name) });
    expect(stdout).toBe('');
    expect(status).toBe(line.source.includes('usage') ? 2 : 1);
    expect(stderr).toMatch(line);
  });
});

describe('a demo that is interrupted', () => {
  const folders = demoFolders();

  it('says how to go on, and goes on', async () => {
    const demo = startDemo(folders);
    demo.process.stderr?.on('data', (said: Buffer) => {
      if (said.includes('Signing')) demo.process.kill('SIGINT');
    });
    const { status, stderr } = await demo.ended;
    expect(status).toBe(130);
    expect(stderr).toMatch(/\nStopped\. Run the same again: it continues\.\n$/);
    expect((await runDemo(folders)).status).toBe(0);
  });
});

describe('the output of a demo', () => {
  const folders = demoFolders();

  it('may be cut short by whoever reads it, and is missed where it cannot be written', async () => {
    const list = listed(folders, 'list.csv', oneRow).join(' ');
    const command = `${process.execPath} local/demo/main.ts --out ${folders.out} --data ${folders.data} ${list}`;
    const cut = await runProgram('bash', [], `set -o pipefail; ${command} | true`);
    expect(cut.status).toBe(0);
    const full = await runProgram('bash', [], `${command} --json > /dev/full`);
    expect(full.status).toBe(1);
    expect(full.stderr).toMatch(/\nstandard output: the disk is full\. .* \(store-unavailable\)\n$/);
    for (const { stderr } of [cut, full]) expect(stderr).not.toMatch(/^ +at /m);
  });
});
