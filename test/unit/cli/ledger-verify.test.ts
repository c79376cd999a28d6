import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { segmentPath } from '#crypto/ledger/folder.ts';
import { type MadeLedger, makeLedger, signingService } from '#test/support/ledger.ts';
import { shell } from './shell.ts';

const { run, write, path } = shell();
const service = await signingService();
const genuine = await makeLedger(service, { segments: [3, 4], unsealed: 1 });

/** Writes a ledger as it is exported. */
function exportTo(folder: string, { files }: Pick<MadeLedger, 'files'>): void {
  mkdirSync(path(`${folder}/segments`), { recursive: true });
  for (const [name, content] of files) {
    mkdirSync(dirname(path(`${folder}/${name}`)), { recursive: true });
    write(`${folder}/${name}`, content);
  }
}

/** A copy of the genuine ledger in a folder of its own. */
function copyOf(folder: string): string {
  cpSync(path('ledger'), path(folder), { recursive: true });
  return folder;
}

const verify = (folder: string, more = '') => run(`escrow ledger verify ${folder} --jwks jwks.json${more}`);

beforeAll(() => {
  const [key] = service.jwks.keys;
  write('two-keys.json', JSON.stringify({ keys: [key, { ...key, x: key?.y }] }));
  write('jwks.json', JSON.stringify(service.jwks));
  write('first.jwt', `${genuine.checkpoints[0]}\n`);
  write('witness.txt', `${genuine.checkpoints.join('\n')}\n`);
  exportTo('ledger', genuine);
});

describe('escrow ledger verify, of a whole ledger', () => {
  it('says whose it is, how far it is signed, and what it was held against', async () => {
    const { status, stdout, stderr } = await verify(
      'ledger',
      ' --checkpoint first.jwt --checkpoint witness.txt',
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.replace(/[0-9a-f]{64}/, 'ROOT').split('\n')).toEqual([
      'Whole: the ledger of org-1, 7 sealed entries in 2 segments.',
      '  last sealed   2026-01-05T08:00:08.000Z, up to entry 7, in segment 2',
      '  its root      ROOT',
      '  held against  3 checkpoints kept elsewhere, and agrees with 3, up to entry 7',
      '  remark        not-covered: unsealed.jsonl, entry 8. No checkpoint is over these lines yet: nobody signed that they are these.',
      '',
    ]);
  });

  it('says what it could not rule out where no checkpoint was kept', async () => {
    const { status, stdout } = await verify('ledger');
    expect(status).toBe(0);
    expect(stdout).toContain(
      'no checkpoint kept elsewhere: whoever holds all keys of the service could have written it anew',
    );
  });

  it('says so where the checkpoint was not kept elsewhere', async () => {
    symlinkSync(path('ledger/checkpoint.jwt'), path('linked.jwt'));
    for (const file of ['ledger/checkpoint.jwt', 'linked.jwt']) {
      const { status, stderr } = await verify('ledger', ` --checkpoint ${file}`);
      expect(status).toBe(0);
      expect(stderr).toContain(`${file} stands in the folder itself: whoever wrote the ledger anew`);
    }
  });

  it('prints the report as JSON', async () => {
    const { status, stdout } = await verify('ledger', ' --checkpoint first.jwt --json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      organization: 'org-1',
      treeSize: 7,
      unsealed: 1,
      anchors: { given: 1, held: 1, heldUpTo: 3 },
      findings: [],
    });
  });
});

describe('escrow ledger verify, of a ledger that is not whole', () => {
  it('names what was done, the file and the line, and quotes nothing', async () => {
    const content = genuine.files.get(segmentPath(2)) ?? '';
    write(`${copyOf('altered')}/${segmentPath(2)}`, content.replace('person-5', '\u001b[2Jperson'));
    const { status, stdout, stderr } = await verify('altered');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toContain('Not whole: the ledger of org-1');
    expect(stdout).toContain(
      '  line-altered: segments/000000002.jsonl, line 2, entry 5. What stands there is not what was recorded.\n',
    );
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toContain('person');
  });

  it('names several lines at once, and a segment that is gone', async () => {
    const content = genuine.files.get(segmentPath(2)) ?? '';
    write(`${copyOf('shorter')}/${segmentPath(2)}`, content.split('\n').toSpliced(1, 2).join('\n'));
    expect((await verify('shorter')).stdout).toContain(
      'line-missing: segments/000000002.jsonl, line 2, entries 5 to 6.',
    );
    rmSync(path(`${copyOf('gone')}/${segmentPath(1)}`));
    expect((await verify('gone')).stdout).toContain(
      'segment-missing: segments/000000001.jsonl. Segment 1 is gone.',
    );
  });

  it('sees by one earlier checkpoint that whoever holds all keys wrote it anew', async () => {
    exportTo('anew', await makeLedger(service, { segments: [3, 4], entry: () => ({ principal: 'nobody' }) }));
    expect((await verify('anew')).status).toBe(0);
    const { status, stdout } = await verify('anew', ' --checkpoint first.jwt');
    expect(status).toBe(1);
    expect(stdout).toContain('fork: first.jwt, line 1, entry 3.');
    expect(stdout).toContain('1 checkpoint kept elsewhere, and agrees with 0\n');
  });

  it('lists findings as JSON', async () => {
    const [shortened] = [copyOf('cut')];
    for (const name of [segmentPath(2), 'unsealed.jsonl', 'checkpoint.jwt'])
      rmSync(path(`${shortened}/${name}`));
    const { status, stdout } = await verify('cut', ' --checkpoint witness.txt --json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      findings: [{ name: 'truncated', file: 'witness.txt', line: 2, sequence: 7 }],
      remarks: [],
    });
  });
});

describe('escrow ledger verify, of a folder that is hostile', () => {
  it('follows no link, and opens no pipe', async () => {
    const folder = copyOf('links');
    rmSync(path(`${folder}/${segmentPath(1)}`));
    rmSync(path(`${folder}/${segmentPath(2)}`));
    rmSync(path(`${folder}/unsealed.jsonl`));
    symlinkSync(path(`ledger/${segmentPath(1)}`), path(`${folder}/${segmentPath(1)}`));
    execFileSync('mkfifo', [path(`${folder}/${segmentPath(2)}`)]);
    mkdirSync(path(`${folder}/unsealed.jsonl`));
    const { status, stdout } = await verify(folder);
    expect(status).toBe(1);
    for (const name of [segmentPath(1), segmentPath(2), 'unsealed.jsonl']) {
      expect(stdout).toContain(`unreadable: ${name}. It is not a file, but a link, a folder or a device.\n`);
    }
  });

  it('takes no linked folder for its segments', async () => {
    const folder = copyOf('elsewhere');
    rmSync(path(`${folder}/segments`), { recursive: true });
    symlinkSync(path('ledger/segments'), path(`${folder}/segments`));
    const { status, stderr } = await verify(folder);
    expect(status).toBe(2);
    expect(stderr).toContain('there is no folder segments in it');
  });

  it('goes through no file that has no end', async () => {
    const folder = copyOf('sparse');
    for (const name of [segmentPath(2), 'checkpoint.jwt', 'unsealed.jsonl']) {
      truncateSync(path(`${folder}/${name}`), 2 ** 40);
      const { status, stdout } = await verify(folder);
      expect(status).toBe(1);
      expect(stdout).toContain(
        `unreadable: ${name}, line `.replace('checkpoint.jwt, line ', 'checkpoint.jwt'),
      );
    }
  });

  it('remarks what is no file of a ledger, by a name that does nothing to a terminal', async () => {
    const folder = copyOf('strays');
    write(`${folder}/\u001b[31m\u009bred`, '');
    write(`${folder}/segments/1.jsonl`, '');
    for (const options of ['', ' --json']) {
      const { status, stdout } = await verify(folder, options);
      expect(status).toBe(0);
      expect(stdout).toContain('?[31m?red');
      expect(stdout).toContain('segments/1.jsonl');
      expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    }
  });

  it('shows no control character of an organization', async () => {
    exportTo('odd', await makeLedger(service, { segments: [1], organization: 'a\u0007\u009b\u202e' }));
    const { stdout } = await verify('odd');
    expect(stdout).toContain('the ledger of a???,');
    const json = (await verify('odd', ' --json')).stdout;
    expect(json).toContain('"organization": "a\\u0007\\u009b\\u202e"');
    expect(JSON.parse(json).organization).toBe('a\u0007\u009b\u202e');
  });

  it('goes through thousands of segments of nothing', async () => {
    mkdirSync(path('many/segments'), { recursive: true });
    for (let segment = 1; segment <= 3_000; segment += 1) write(`many/${segmentPath(segment)}`, 'x\n');
    const { status, stdout } = await verify('many');
    expect(status).toBe(1);
    expect(stdout).toContain('and 2000 more findings or remarks that are not listed');
  });
});

describe('escrow ledger verify, asked wrongly', () => {
  it.each([
    ['escrow ledger verify ledger', '--jwks must name the key set'],
    ['escrow ledger verify --jwks jwks.json', 'Exactly one folder must be named'],
    ['escrow ledger verify nowhere --jwks jwks.json', 'nowhere: there is no such file'],
    ['escrow ledger verify first.jwt --jwks jwks.json', 'first.jwt: it is a file, not a folder'],
    ['escrow ledger verify . --jwks jwks.json', 'it holds no ledger: there is no folder segments in it'],
    ['escrow ledger verify ledger --jwks first.jwt', 'first.jwt: it is not JSON'],
    ['escrow ledger verify ledger --jwks two-keys.json', 'each with a kid of its own'],
    ['escrow ledger verify ledger --jwks jwks.json --checkpoint nowhere', 'nowhere: there is no such file'],
    [
      'escrow ledger verify ledger --jwks jwks.json --checkpoint ledger',
      'ledger: it is a folder, not a file',
    ],
  ])('%s', async (line, why) => {
    const { status, stdout, stderr } = await run(line);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(why);
  });
});
