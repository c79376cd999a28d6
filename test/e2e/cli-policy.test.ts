import { mkdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { CliPeople, done } from '#test/support/cli-people.ts';
import { ownPolicy } from '#test/support/own-policy.ts';
import { policyWith } from '#test/support/policies.ts';
import { testServer } from '#test/support/server.ts';

// The life of a policy by the command line, against the real server.

const server = testServer();
const people = new CliPeople(server);
const root = people.person('root');
const second = people.person('second');
const olga = people.person('olga');
const eva = people.person('eva.lund');

const policies = new URL('../../policies', import.meta.url).pathname;

beforeAll(async () => {
  await server.start();
  await people.setUp(root);
  await people.add(root, second, 'administrator');
  await people.add(root, olga, 'auditor');
  await people.add(root, eva, 'subscriber');
  const header = 'subscriberId,givenName,familyName,email,purposes,keySpec,assurance';
  const row = 'eva.lund,Eva,Lund,eva.lund@example.org,identity+encryption,ECC_NIST_P256,medium';
  root.write('list.csv', `${header}\n${row}\n`);
  await done(root, 'escrow enroll --csv list.csv');
  const [{ id }] = JSON.parse(await done(root, 'escrow list --purpose encryption --json')).enrollments;
  await done(eva, `escrow set-password ${id} --password-file password`);
  const { cedar, tests } = ownPolicy('own');
  mkdirSync(root.path('own'));
  root.write('own/policy.cedar', cedar);
  root.write('own/tests.json', JSON.stringify(tests));
});

describe('the life of a policy', () => {
  let document = '';

  it('begins with what it would change: the numbers, then examples', async () => {
    const stdout = await done(root, 'escrow policy diff own');
    expect(stdout).toMatch(
      /^1 enrollment loses export \(modern\)\n {2}reason {3}No rule of the policy permits this\./m,
    );
    expect(stdout).toMatch(/^1 enrollment would be refused: its key is not made yet\n/m);
    expect(stdout).toMatch(/^ {2}as {7}enr_[a-z2-7]{26} \(encryption, eva\.lund\)$/m);
    expect(stdout).toMatch(/^2 enrollments were compared; something would change for 2\.$/m);
    const told = JSON.parse(await done(root, 'escrow policy diff own --json'));
    expect(told).toMatchObject({ version: '1', evaluated: 2 });
    expect(told.enrollments).toHaveLength(2);
  });

  it('goes on with a proposal, which decides nothing', async () => {
    const { status, stdout, stderr } = await root.run('escrow policy publish own');
    expect([status, stderr]).toEqual([0, expect.stringContaining('Proposed, in place of version 1.')]);
    document = stdout.trim();
    expect(document).toMatch(/^[0-9a-f]{64}$/);
    const shown = await done(olga, 'escrow policy show');
    expect(shown).toContain('Version 1 decides, since ');
    expect(shown).toContain('root proposed another at ');
    expect(shown).toContain(`escrow policy approve ${document}`);
    expect(await done(olga, 'escrow policy show --proposal')).toBe(ownPolicy('own').cedar);
  });

  it('is asked on the server, the present policy and the proposal', async () => {
    const line = 'escrow policy simulate --action Escrow --purpose encryption';
    expect(await done(olga, line)).toMatch(/^Allowed: .*\n {2}rule {5}encryption-escrowed \(version 1:\d+\)/);
    const { status, stdout } = await olga.run(`${line} --proposal`);
    expect([status, stdout]).toEqual([1, expect.stringContaining('no-rule-permits')]);
  });

  it('does not go on by whoever proposed it, nor by an auditor', async () => {
    const own = await root.run(`escrow policy approve ${document}`);
    expect([own.status, own.stderr]).toEqual([
      4,
      expect.stringContaining('Nobody approves a policy of their own'),
    ]);
    expect((await olga.run(`escrow policy approve ${document}`)).status).toBe(4);
  });

  it('ends with the approval of another administrator, and what was not made yet is refused', async () => {
    const { status, stderr } = await second.run('escrow policy approve --yes');
    expect([status, stderr]).toEqual([0, expect.stringContaining('version 2 decides from now on')]);
    expect(stderr).toContain(document);
    await expect
      .poll(async () => JSON.parse(await done(root, 'escrow list --state refused --json')).enrollments.length)
      .toBe(1);
    expect(JSON.parse(await done(root, 'escrow list --escrow-due --json')).enrollments).toEqual([]);
  });

  it('is told by its history, and goes back by it', async () => {
    expect(await done(olga, 'escrow policy history')).toMatch(
      new RegExp(
        `^VERSION .*\\n2 +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d +root +second +${document}\\n1 +.* +root +`,
      ),
    );
    await done(second, 'escrow policy rollback 1');
    await done(root, 'escrow policy approve --yes');
    expect(await done(olga, 'escrow policy show')).toContain('Version 3 decides');
  });

  it('knows a proposal that is taken back, and nothing to approve', async () => {
    await done(root, `escrow policy publish ${policies}/federal`);
    const proposed = JSON.parse(await done(second, 'escrow policy show --proposal --json'));
    const withdrawn = JSON.parse(await done(second, 'escrow policy withdraw --json'));
    expect(withdrawn).toEqual({ withdrawn: proposed.document });
    for (const line of ['escrow policy approve --yes', 'escrow policy withdraw', 'escrow policy diff']) {
      const { status, stderr } = await second.run(line);
      expect([line, status, stderr]).toEqual([line, 1, expect.stringContaining('No policy is proposed.')]);
    }
    expect((await second.run('escrow policy show --proposal')).status).toBe(1);
  });
});

describe('escrow that a policy requires after the key was made', () => {
  const withoutEscrow = policyWith({ escrow: { identity: false, encryption: false } });
  let id = '';
  const due = async () => JSON.parse(await done(root, 'escrow list --escrow-due --json')).enrollments;

  it('is listed and told of, until the subscriber opens the key', async () => {
    mkdirSync(root.path('without-escrow'));
    root.write('without-escrow/policy.cedar', withoutEscrow.cedar);
    root.write('without-escrow/tests.json', JSON.stringify(withoutEscrow.tests));
    await done(root, 'escrow policy publish without-escrow');
    await done(second, 'escrow policy approve --yes');
    const name = '--given-name Eva --family-name Lund --email eva.lund@example.org';
    await done(
      root,
      `escrow enroll --subscriber eva.lund ${name} --purpose encryption --key-spec ECC_NIST_P256`,
    );
    const waiting = await done(root, 'escrow list --state awaiting-subscriber --purpose encryption --json');
    [{ id }] = JSON.parse(waiting).enrollments;
    await done(eva, `escrow set-password ${id} --password-file password`);
    await done(root, 'escrow policy rollback 3');
    await done(second, 'escrow policy approve --yes');
    await expect.poll(due).toEqual([expect.objectContaining({ id })]);
    const shown = await done(olga, `escrow show ${id}`);
    expect(shown).toMatch(/^ {2}escrow due {2}since 2\S+Z, by policy 5: encryption-escrowed$/m);
    expect(shown).toContain('made when its subscriber next takes a copy or changes the password');
    const csr = await root.run(`escrow csr ${id} --out held-back.pem`);
    expect([csr.status, csr.stderr]).toEqual([1, expect.stringContaining('(escrow-due)')]);
    await expect.poll(() => done(eva, 'escrow notices')).toContain('Your key is to be escrowed');
  });

  it('is made with the next copy', async () => {
    await done(eva, `escrow export ${id} --out eva.pfx --password-file password --same-password`);
    expect(await due()).toEqual([]);
    expect(await done(eva, `escrow show ${id}`)).toContain('escrow      required, 1 active backup');
    expect(await done(olga, `escrow ledger show --enrollment ${id}`)).toMatch(
      /service {2}escrow key: done\n/,
    );
    await expect.poll(() => done(eva, 'escrow notices')).toContain('Your key was escrowed');
    await done(root, `escrow csr ${id} --out let-go.pem`);
  });
});
