import { copyFileSync, cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { readReceipt } from '#crypto/receipts.ts';
import { CliPeople, type CliPerson, done } from '#test/support/cli-people.ts';
import { freePort, testServer } from '#test/support/server.ts';

// The whole job on one machine, then its ledger, as an auditor takes it, checks it and shows it.

const server = testServer();
const people = new CliPeople(server);
const root = people.person('root');
const ada = people.person('ada');
const auditor = people.person('auditor');
const witness = join(server.root, 'elsewhere', 'witness.txt');
let options: string[] = [];
let enrollment = '';

/** Everything recorded so far is sealed when a server ends. */
async function restart(): Promise<void> {
  await server.end();
  await server.start(options);
}

const request =
  '--subscriber ada --given-name Ada --family-name Obrien --email ada@example.org --key-spec ECC_NIST_P256';

beforeAll(async () => {
  options = ['--port', String(await freePort()), '--no-canaries', '--witness', witness];
  await server.start(options);
  await people.setUp(root);
  await people.add(root, ada, 'subscriber');
  await people.add(root, auditor, 'auditor');
  await done(root, `escrow enroll ${request} --purpose encryption`);
  const hardware = '--purpose identity --assurance medium-hardware';
  await done(root, `escrow enroll ${request} ${hardware}`);
  const { enrollments } = JSON.parse(await done(ada, 'escrow list --purpose encryption --json'));
  enrollment = enrollments[0].id;
  ada.write('key.password', 'correct horse battery staple');
  ada.write('wrong.password', 'incorrect horse battery');
  const password = '--password-file key.password';
  await done(ada, `escrow set-password ${enrollment} ${password}`);
  await done(ada, `escrow export ${enrollment} --out own.pfx ${password} --same-password`);
  const wrong = `escrow export ${enrollment} --out wrong.pfx --password-file wrong.password --same-password`;
  expect((await ada.run(wrong)).status).toBe(1);
  await restart();
  const keys = await fetch(`${server.url}/.well-known/jwks.json`);
  auditor.write('jwks.json', await keys.text());
});

const report = async (person: CliPerson, line: string) => {
  const { status, stdout } = await person.run(`${line} --json`);
  return { status, ...JSON.parse(stdout) };
};

describe('escrow ledger export', () => {
  it('writes a folder that verifies, by the keys of the service and what a witness kept', async () => {
    const told = await done(auditor, 'escrow ledger export ledger');
    expect(told).toMatch(
      /^The ledger of example is in ledger:\n {2}sealed +\d+ entries in 1 segment, 1 of them new\n/,
    );
    copyFileSync(witness, auditor.path('witness.txt'));
    const verifying = 'escrow ledger verify ledger --jwks jwks.json --checkpoint witness.txt';
    const found = await report(auditor, verifying);
    expect(found).toMatchObject({ status: 0, ok: true, findings: [], anchors: { given: 1, held: 1 } });
    const checkpoint = readFileSync(auditor.path('ledger/checkpoint.jwt'), 'utf8');
    expect(readFileSync(witness, 'utf8')).toContain(checkpoint);
    for (const name of ['segments/000000001.jsonl', 'checkpoint.jwt']) {
      expect(statSync(auditor.path(`ledger/${name}`)).mode & 0o777).toBe(0o600);
    }
  });

  it('holds what was done and what was refused, with where and by which policy', () => {
    const lines = readFileSync(auditor.path('ledger/segments/000000001.jsonl'), 'utf8').trim().split('\n');
    const entries = lines.slice(0, -1).map((line) => JSON.parse(line).entry);
    const policy = { version: expect.any(String), rules: expect.any(Array) };
    expect(entries).toContainEqual(
      expect.objectContaining({ action: 'export-copy', principal: 'ada', outcome: 'done', policy }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({ action: 'export-copy', outcome: 'refused', code: 'wrong-password' }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({ action: 'request-enrollment', outcome: 'done', where: 'one-machine' }),
    );
    for (const secret of ['correct horse', 'incorrect horse', ada.password, 'Obrien', 'ada@example.org']) {
      expect(lines.join('\n')).not.toContain(secret);
    }
  });

  it('fetches what is new, and the lines that are not sealed yet', async () => {
    await done(root, `escrow enroll ${request} --purpose identity`);
    const unsealed = await report(auditor, 'escrow ledger export ledger');
    expect(unsealed).toMatchObject({ status: 0, segments: 1, newSegments: 0 });
    expect(unsealed.unsealed).toBeGreaterThan(0);
    const found = await report(auditor, 'escrow ledger verify ledger --jwks jwks.json');
    expect(found).toMatchObject({ status: 0, remarks: [{ name: 'not-covered' }] });
    await restart();
    const sealed = await report(auditor, 'escrow ledger export ledger');
    expect(sealed).toMatchObject({ status: 0, segments: 2, newSegments: 1 });
    expect(sealed.sealed).toBeGreaterThan(unsealed.sealed);
    const again = 'escrow ledger verify ledger --jwks jwks.json --checkpoint witness.txt';
    expect(await report(auditor, again)).toMatchObject({ status: 0, segments: 2, remarks: [] });
  });

  it('goes on where it was cut short', async () => {
    cpSync(auditor.path('ledger'), auditor.path('part'), { recursive: true });
    await auditor.run('rm part/segments/000000001.jsonl part/checkpoint.jwt');
    writeFileSync(auditor.path('part/segments/.01234567-89ab-4cde-8f01-23456789abcd.part'), 'half');
    expect(await report(auditor, 'escrow ledger export part')).toMatchObject({ segments: 2, newSegments: 1 });
    expect(await report(auditor, 'escrow ledger verify part --jwks jwks.json')).toMatchObject({
      ...{ status: 0, ok: true, remarks: [] },
    });
  });

  it('refuses a folder that holds another history, and leaves it as it is', async () => {
    cpSync(auditor.path('ledger'), auditor.path('other'), { recursive: true });
    const file = auditor.path('other/segments/000000002.jsonl');
    const changed = readFileSync(file, 'utf8').replace('"done"', '"dune"');
    writeFileSync(file, changed);
    const { status, stderr } = await auditor.run('escrow ledger export other');
    expect([status, stderr]).toEqual([1, expect.stringContaining('(checkpoint-invalid)')]);
    expect(readFileSync(file, 'utf8')).toBe(changed);
  });

  it('refuses a folder of another organization', async () => {
    const line =
      readFileSync(auditor.path('ledger/segments/000000001.jsonl'), 'utf8').split('\n', 1)[0] ?? '';
    await auditor.run('mkdir -p theirs/segments');
    auditor.write(
      'theirs/unsealed.jsonl',
      `${line.replaceAll('"organization":"example"', '"organization":"rival"')}\n`,
    );
    const { status, stderr } = await auditor.run('escrow ledger export theirs');
    expect([status, stderr]).toEqual([2, expect.stringContaining('it holds the ledger of rival')]);
  });

  it('is for auditors and administrators', async () => {
    await done(root, 'escrow ledger export own');
    const { status, stderr } = await ada.run('escrow ledger export own');
    expect([status, stderr]).toEqual([4, expect.stringContaining('(not-permitted)')]);
  });
});

describe('one altered byte', () => {
  it.each(['segments/000000001.jsonl', 'segments/000000002.jsonl', 'checkpoint.jwt'])(
    'in %s is seen',
    async (name) => {
      cpSync(auditor.path('ledger'), auditor.path('altered'), { recursive: true });
      const file = auditor.path(`altered/${name}`);
      const bytes = readFileSync(file);
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      const { status, findings } = await report(auditor, 'escrow ledger verify altered --jwks jwks.json');
      expect([status, findings.length > 0]).toEqual([1, true]);
    },
  );
});

describe('escrow ledger show', () => {
  it('tells of one enrollment, in plain words', async () => {
    const told = await done(auditor, `escrow ledger show --enrollment ${enrollment} --all`);
    expect(told).toMatch(/^#\d+ {2}\S+Z {2}ada {2}export copy: done\n/m);
    expect(told).toMatch(
      /^#\d+ {2}\S+Z {2}ada {2}export copy: refused: wrong-password\n {2}The password does not open this key\.$/m,
    );
    expect(told).toContain(`  enrollment  ${enrollment}`);
  });

  it('tells of refusals, of a subscriber, and of whoever asked', async () => {
    const entriesOf = async (filter: string) =>
      JSON.parse(await done(auditor, `escrow ledger show ${filter} --limit 200 --json`)).entries;
    const refused: { outcome: string; code: string }[] = await entriesOf('--refused');
    expect(new Set(refused.map(({ outcome }) => outcome))).toEqual(new Set(['refused']));
    expect(refused.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['wrong-password', 'not-permitted']),
    );
    const asked: { principal: string }[] = await entriesOf('--principal root');
    expect(new Set(asked.map(({ principal }) => principal))).toEqual(new Set(['root']));
    const ofAda: { action: string; principal: string }[] = await entriesOf('--subscriber ada');
    expect(ofAda).toContainEqual(
      expect.objectContaining({ action: 'request-enrollment', principal: 'root' }),
    );
    expect(ofAda).toContainEqual(expect.objectContaining({ action: 'export-copy', principal: 'ada' }));
    const both = await auditor.run('escrow ledger show --principal root --subscriber ada');
    expect(both.status).toBe(2);
  });
});

describe('escrow ledger prove', () => {
  it('proves the entry that a receipt names, by keys from elsewhere', async () => {
    const jws = (await done(ada, `escrow receipt get ${enrollment}`)).trim();
    const { ledgerEntry } = readReceipt(jws);
    const told = await done(auditor, `escrow ledger prove ${ledgerEntry} --jwks jwks.json --out proof.json`);
    expect(told).toMatch(/^Proved: entry \d+ of \d+ in the ledger of example\.\n/);
    expect(told).toContain(`  entry       ${ledgerEntry}`);
    const { checkpoint, path } = JSON.parse(readFileSync(auditor.path('proof.json'), 'utf8'));
    expect(readCheckpoint(checkpoint).treeSize).toBeGreaterThan(path.length);
  });

  it('does not prove what is not there, or by keys that are not those of the service', async () => {
    const none = await auditor.run('escrow ledger prove led_none');
    expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('(not-found)')]);
    const [first] = JSON.parse(await done(auditor, 'escrow ledger show --limit 1 --json')).entries;
    const other = { keys: [{ kty: 'EC', crv: 'P-256', x: 'a'.repeat(43), y: 'b'.repeat(43), kid: 'other' }] };
    auditor.write('other.json', JSON.stringify(other));
    const wrong = await auditor.run(`escrow ledger prove ${first.id} --jwks other.json`);
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining('(checkpoint-key-unknown)')]);
  });
});

describe('escrow dossier', () => {
  it('writes all that is known of a key to a file of its own, which verifies offline', async () => {
    const { stderr } = await auditor.run(`escrow dossier ${enrollment} --out key.dossier.json`);
    expect(stderr).toMatch(
      /^The dossier is in key\.dossier\.json: \d+ entries and 2 receipts, each verified\.$/m,
    );
    expect(auditor.mode('key.dossier.json')).toBe(0o600);
    copyFileSync(witness, auditor.path('witness-now.txt'));
    const verifying = 'escrow dossier verify key.dossier.json --jwks jwks.json --checkpoint witness-now.txt';
    const told = await done(auditor, verifying);
    expect(told).toMatch(new RegExp(`^Genuine: the dossier of ${enrollment} \\(example\\), made `));
    expect(told).toMatch(/ada {2}export copy \(modern\): done {2}\[entry \d+, proved\]/);
    expect(told).toMatch(/ada {2}export copy \(modern\): refused, wrong-password/);
    expect(told).toContain('ada was told: Your key is ready');
    expect(told).toMatch(/receipt \S+: escrowed backup \w+, version /);
    expect(told).toMatch(/by policy 1, rule [a-z-]+: [A-Z].*\.$/m);
    const found = await report(auditor, verifying);
    expect(found).toMatchObject({ status: 0, ok: true, findings: [], anchors: { same: 1 } });
    expect(found.dossier).toMatchObject({ state: 'ready', ledger: { complete: true } });
    const content = readFileSync(auditor.path('key.dossier.json'), 'utf8');
    for (const secret of ['correct horse', 'incorrect horse', ada.password]) {
      expect(content).not.toContain(secret);
    }
  });

  it('is seen to be altered, in whichever byte', async () => {
    const bytes = readFileSync(auditor.path('key.dossier.json'));
    for (const part of [0.1, 0.5, 0.9]) {
      const altered = Buffer.from(bytes);
      const at = Math.floor(bytes.length * part);
      altered[at] = (altered[at] ?? 0) ^ 1;
      writeFileSync(auditor.path('altered.dossier.json'), altered);
      const { status } = await auditor.run(
        'escrow dossier verify altered.dossier.json --jwks jwks.json --json',
      );
      expect(status).toBe(1);
    }
  });

  it('writes over nothing, and nothing that does not verify', async () => {
    const again = await auditor.run(`escrow dossier ${enrollment} --out key.dossier.json`);
    expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('(refuses-to-overwrite)')]);
    const wrong = await auditor.run(`escrow dossier ${enrollment} --out wrong.json --jwks other.json`);
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining('(dossier-invalid)')]);
    expect(auditor.list()).not.toContain('wrong.json');
  });

  it('is given to the subscriber, of the own key alone, and to nobody else', async () => {
    const own = JSON.parse(await done(ada, `escrow dossier ${enrollment}`));
    expect(own.dossier).toMatchObject({ enrollmentId: enrollment, request: { subscriber: { id: 'ada' } } });
    const none = await ada.run(`escrow dossier enr_${'a'.repeat(26)}`);
    expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('(not-found)')]);
    const shown = await done(auditor, `escrow ledger show --enrollment ${enrollment} --all`);
    expect(shown).toMatch(/ada {2}read dossier: done\n {2}enrollment.*\n {2}about {7}[0-9a-f]{64}\n/);
  });
});
