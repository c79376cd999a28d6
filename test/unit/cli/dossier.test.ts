import { mkdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { decisionsIn } from '#crypto/dossier/acts.ts';
import { fingerprint } from '#crypto/identifiers.ts';
import { foundIn, madeDossier, signedWith, verifyFile } from '#test/support/dossier.ts';
import { makeLedger, signingService } from '#test/support/ledger.ts';
import { reasonsOf } from '../../../cli/dossier/reasons.ts';
import { shell } from './shell.ts';

const { run, write, path } = shell();
const service = await signingService();
const { dossier, file, ledger } = await madeDossier(service);

const verify = (name: string, more = '') => run(`escrow dossier verify ${name} --jwks jwks.json${more}`);

beforeAll(() => {
  write('jwks.json', JSON.stringify(service.jwks));
  write('genuine.json', file);
  write('same.jwt', `${ledger.checkpoints[1]}\n`);
  write('earlier.jwt', `${ledger.checkpoints[0]}\n`);
  mkdirSync(path('ledger/segments'), { recursive: true });
  for (const [name, text] of ledger.files) write(`ledger/${name}`, text);
});

describe('escrow dossier verify, of a genuine dossier', () => {
  it('tells what happened, in order of time, and what is not shown', async () => {
    const { status, stdout, stderr } = await verify('genuine.json', ' --checkpoint same.jwt');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(
      'Genuine: the dossier of enr_one (org-1), made 2026-01-05T09:00:00.000Z by test 1.0.',
    );
    expect(stdout).toContain('  subscriber    ada, Ada O’Brien, ada@acme.example\n');
    expect(stdout).toContain('  verified      4 entries of 5 by proof, 2 receipts\n');
    expect(stdout).toContain(
      '  held against  1 checkpoint kept elsewhere: 1 of the very same ledger, 0 of its beginning, by proof\n',
    );
    const story = lines.slice(lines.indexOf('What happened') + 1, lines.indexOf('What to know of it'));
    expect(story.filter((line) => /^ {2}\S/.test(line))).toEqual([
      '  2026-01-05T08:00:02.000Z  the request was taken',
      '  2026-01-05T08:00:02.000Z  root  request enrollment: done  [entry 2, proved]',
      '  2026-01-05T08:00:04.000Z  ada  set password: done  [entry 4, proved]',
      '  2026-01-05T08:00:05.000Z  ada  export copy (modern): refused, wrong-password  [entry 5, proved]',
      '  2026-01-05T08:00:05.000Z  ada was told: Your key is ready',
      '  2026-01-05T08:00:07.000Z  ada  export copy (modern): done  [entry 7, proved]',
      '  2026-01-05T08:00:09.000Z  root  read csr: done  [entry 9, not sealed yet]',
    ]);
    expect(stdout).toContain(
      '      receipt rcp_escrow: escrowed backup bkp_1, version v1, kept until 2029-01-05T08:00:00.000Z\n',
    );
    expect(stdout).toContain('      receipt rcp_copy: copy exp_1, kept by its subscriber only\n');
    expect(stdout).toContain(
      '  completeness-not-shown: That no entry of the enrollment was left out is what',
    );
  });

  it('says what an earlier checkpoint does not show', async () => {
    const { status, stdout } = await verify('genuine.json', ' --checkpoint earlier.jwt');
    expect(status).toBe(0);
    expect(stdout).toContain('  continuity-not-shown: 1 of the checkpoints kept elsewhere');
  });

  it('is shown to lack nothing by the ledger, and says how much of it was looked at', async () => {
    const { status, stdout } = await verify('genuine.json', ' --ledger ledger');
    expect(status).toBe(0);
    expect(stdout).toContain(
      '  ledger        whole, 8 sealed entries, 4 of them of this enrollment; the dossier lacks none\n',
    );
    expect(stdout).not.toContain('completeness-not-shown');
    const { stdout: json } = await verify('genuine.json', ' --ledger ledger --json');
    expect(JSON.parse(json).ledger).toEqual({ treeSize: 8, entries: 4, complete: true });
  });

  it('gives the reasons of floors, and of rules that every policy has', async () => {
    const reasonOf = await reasonsOf([]);
    expect(reasonOf('1', 'floor-never-loosened')).toMatch(/never loosened\.$/);
    expect(reasonOf('1', 'no-rule-permits')).toBe('No rule of the policy permits this.');
    expect(reasonOf('1', 'unheard-of')).toBeUndefined();
  });

  it('tells what is due', async () => {
    const escrowDue = {
      since: '2026-01-05T08:30:00.000Z',
      policy: { version: '1', rules: ['all-escrowed'] },
    };
    write('due.json', await signedWith(service, dossier, { key: { ...dossier.key, escrowDue } }));
    const { stdout } = await verify('due.json');
    expect(stdout).toContain('  escrow due    since 2026-01-05T08:30:00.000Z, by policy 1: all-escrowed\n');
  });

  it('gives the reasons of rules, where the policy is there', async () => {
    const rule = '@id("subscriber-exports")\n@reason("The subscriber may have an own copy.")';
    const cedar = `${rule}\npermit(principal, action, resource);\n`;
    const [first = { version: '1', document: '', publishedAt: '', proposedBy: '', cedar: '', tests: [] }] =
      dossier.policies;
    const policies = [{ ...first, cedar, document: fingerprint({ cedar, tests: first.tests }) }];
    const signed = await signedWith(service, dossier, { policies });
    expect(foundIn(await verifyFile(signed, service))).toEqual([]);
    write('reasons.json', signed);
    const { stdout } = await verify('reasons.json');
    expect(stdout).toContain('by policy 1, rule subscriber-exports: The subscriber may have an own copy.');
  });

  it('prints the report as JSON, nothing of which a terminal acts upon', async () => {
    const subject = 'Your \u001b[2J key';
    const notices = dossier.notices.map((notice) => ({ ...notice, subject }));
    write('escape.json', await signedWith(service, dossier, { notices }));
    const { status, stdout } = await verify('escape.json', ' --json');
    expect(status).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ ok: true, findings: [], checkpoint: { treeSize: 8 } },
      dossier: { notices: [{ subject }], enrollmentId: 'enr_one' },
    });
    const told = await verify('escape.json');
    expect(told.stdout).toContain('ada was told: Your ?[2J key');
  });
});

describe('escrow dossier verify, of one that is not genuine', () => {
  it('tells what is wrong, and nothing of what it says', async () => {
    write('altered.json', file.replace('"Ada"', '"Eve"'));
    const { status, stdout, stderr } = await verify('altered.json');
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout:
        'Not genuine: the dossier of enr_one (org-1).\n  altered: It is not the dossier that was signed.\n',
      stderr: '',
    });
    const { status: failed, stdout: json } = await verify('altered.json', ' --json');
    expect([failed, JSON.parse(json).findings]).toEqual([1, [expect.objectContaining({ name: 'altered' })]]);
  });

  it('names another ledger than the one of a kept checkpoint', async () => {
    const other = await makeLedger(service, { segments: [8] });
    write('other.jwt', other.checkpoints[0] ?? '');
    const { status, stdout } = await verify('genuine.json', ' --checkpoint same.jwt --checkpoint other.jwt');
    expect([status, stdout]).toEqual([1, expect.stringContaining('fork: other.jwt, line 1.')]);
  });

  it('names what the ledger has and the dossier lacks', async () => {
    const [, , , , ...rest] = dossier.ledger.entries;
    const entries = [...dossier.ledger.entries.slice(0, 2), ...rest];
    const lines = entries.map(({ line }) => JSON.parse(line));
    const hidden = { decisions: decisionsIn(lines), exports: [], receipts: dossier.receipts.slice(0, 1) };
    write(
      'hiding.json',
      await signedWith(service, dossier, { ...hidden, ledger: { ...dossier.ledger, entries } }),
    );
    expect((await verify('hiding.json')).status).toBe(0);
    const { status, stdout } = await verify('hiding.json', ' --ledger ledger');
    expect([status, stdout]).toEqual([
      1,
      [
        'Not genuine: the dossier of enr_one (org-1).',
        '  entry-missing: #5. The ledger has it, and the dossier does not.',
        '  entry-missing: #7. The ledger has it, and the dossier does not.',
        '',
      ].join('\n'),
    ]);
  });

  it('refuses what is none, and says so of the file', async () => {
    write('none.json', '{"secret-looking": 1}');
    const { status, stdout, stderr } = await verify('none.json');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^escrow: none\.json: it is not a dossier and its signature\. .* \(dossier-invalid\)$/m,
    );
    expect(stderr).not.toContain('secret-looking');
  });

  it.each([
    ['no keys', 'escrow dossier verify genuine.json', '--jwks must name the key set.'],
    ['no file', 'escrow dossier verify --jwks jwks.json', 'Exactly one file must be named.'],
    ['a file that is not there', 'escrow dossier verify none --jwks jwks.json', 'there is no such file'],
    [
      'checkpoints that are not there',
      'escrow dossier verify genuine.json --jwks jwks.json --checkpoint none',
      'there is no such file',
    ],
    [
      'a ledger that is none',
      'escrow dossier verify genuine.json --jwks jwks.json --ledger .',
      'it holds no ledger',
    ],
    ['no enrollment', 'escrow dossier', 'The id of one enrollment must be given'],
  ])('is wrong usage with %s', async (_what, line, why) => {
    const { status, stderr } = await run(line);
    expect([status, stderr]).toEqual([2, expect.stringContaining(why)]);
  });
});
