import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { shell } from './shell.ts';

const { run, path } = shell();
const policies = fileURLToPath(new URL('../../../policies', import.meta.url));

function folder(name: string, cedar: string | Uint8Array, tests?: string | Uint8Array): string {
  mkdirSync(path(name));
  writeFileSync(path(`${name}/policy.cedar`), cedar);
  if (tests !== undefined) writeFileSync(path(`${name}/tests.json`), tests);
  return name;
}

const escrow = `@id("escrow") @reason("It is escrowed.")
permit (principal, action == Escrow::Action::"Escrow", resource) when { resource.purpose == "encryption" };
`;
const test = { action: 'Escrow', purpose: 'encryption', expect: 'allowed' };

describe('escrow policy check', () => {
  it.each([
    ['general', 21, 42],
    ['federal', 27, 44],
  ])('finds nothing wrong with the policy %s', async (name, rules, tests) => {
    expect(await run(`escrow policy check ${policies}/${name}`)).toEqual({
      status: 0,
      stdout: `The policy is good: ${rules} rules, ${tests} tests passed.\n`,
      stderr: '',
    });
  });

  it('says where what is wrong, and what to do', async () => {
    const wrong = escrow.replace('resource.purpose', 'resource.porpose');
    expect(await run(`escrow policy check ${folder('typo', wrong, '[]')}`)).toEqual({
      status: 1,
      stdout: [
        'typo/policy.cedar:2:73: Attribute `porpose` on entity type `Escrow::Enrollment` not found.',
        '    Did you mean `purpose`?',
        'One thing is wrong with the policy.',
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  it('prints the same as JSON', async () => {
    const other = { ...test, purpose: 'identity' };
    const name = folder('failing', escrow, JSON.stringify([test, other]));
    const { status, stdout } = await run(`escrow policy check ${name} --json`);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      findings: [
        {
          code: 'test-fails',
          file: 'tests.json',
          why: 'Test 2 fails: Escrow of an identity key at medium by somebody without a role. Expected allowed, but it is refused by no-rule-permits: No rule of the policy permits this.',
          next: 'Correct the rule, or the test.',
        },
      ],
    });
    const good = await run(`escrow policy check ${folder('good', escrow, JSON.stringify([test]))} --json`);
    expect({ ...good, stdout: JSON.parse(good.stdout) }).toEqual({
      status: 0,
      stdout: { ok: true, findings: [], rules: 1, tests: 1 },
      stderr: '',
    });
  });

  it('says so where a file is no text', async () => {
    const name = folder('bytes', Buffer.concat([Buffer.from(escrow), Buffer.from([0xe4])]), '[]');
    const { status, stdout } = await run(`escrow policy check ${name}`);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^bytes\/policy\.cedar:3:1: It is not UTF-8 from here on\.\n {4}Save it as UTF-8\.\nOne thing/,
    );
  });

  it('needs both files', async () => {
    const missing = await run(`escrow policy check ${folder('untested', escrow)}`);
    expect(missing).toMatchObject({ status: 2, stdout: '' });
    expect(missing.stderr).toContain('untested/tests.json: there is no such file');
    // Whoever names a file of it is told what a policy is.
    const file = await run('escrow policy check untested/policy.cedar');
    expect(file).toMatchObject({ status: 2, stdout: '' });
    expect(file.stderr).toContain('Name the folder of one policy, which holds policy.cedar and tests.json.');
  });
});

describe('escrow policy simulate', () => {
  const asks = 'escrow policy simulate';

  it('says what decided, where it stands, and why', async () => {
    const question =
      '--action Export --purpose encryption --role subscriber --assurance medium-hardware --exportable yes';
    const { status, stdout, stderr } = await run(`${asks} ${policies}/federal ${question}`);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout.replaceAll(policies, 'policies').replace(/:\d+\)/, ':N)')).toBe(
      [
        'Refused: Export of an encryption key at medium-hardware by subscriber, exportable',
        '  rule     hardware-encryption-stays (policies/federal/policy.cedar:N)',
        '  reason   An encryption key at medium-hardware leaves custody for its escrow only: its subscriber gets it back by recovery.',
        '',
      ].join('\n'),
    );
  });

  it('says what is allowed', async () => {
    expect(await run(`${asks} ${folder('own', escrow)} --action Escrow --purpose encryption`)).toEqual({
      status: 0,
      stdout: [
        'Allowed: Escrow of an encryption key at medium by somebody without a role',
        '  rule     escrow (own/policy.cedar:1)',
        '  reason   It is escrowed.',
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  it('refuses what no policy may permit, and names the contact of a rule', async () => {
    const open =
      '@id("all") @reason("All.") @contact("pki@acme.example") permit (principal, action, resource);';
    const question = '--action Escrow --purpose identity --role service --role administrator';
    expect(await run(`${asks} ${folder('open', open)} ${question}`)).toMatchObject({
      status: 1,
      stdout: [
        'Refused: Escrow of an identity key at medium by service and administrator',
        '  rule     floor-identity-never-escrowed',
        '  reason   A signature key is never escrowed (Federal Common Policy 4.12.1).',
        '  contact  pki@acme.example',
        '  note     The policy permits it, and no policy may: escrow policy check says more.',
        '',
      ]
        .join('\n')
        .replace('service and administrator', 'administrator and service'),
    });
  });

  it('prints the same as JSON, with all that was asked', async () => {
    const question =
      '--action ReleaseRecovered --purpose encryption --role recovery-agent --group vault --subject kra --subscriber ada --assurance medium --custody kms --key-spec RSA_3072 --stage certified --exportable yes --lock password --escrow required --third-party yes --agents 1';
    const { status, stdout } = await run(`${asks} ${policies}/general ${question} --json`);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      question:
        'ReleaseRecovered of an encryption key at medium by recovery-agent and group vault (kra), kms, RSA_3072, certified, exportable, lock password, escrow required, key of ada, for a third party, 1 agent',
      allowed: false,
      rules: [{ id: 'two-agents', line: expect.any(Number) }],
      reason: 'An escrowed key comes back through two recovery agents.',
      byFloor: false,
      facts: {
        action: 'ReleaseRecovered',
        purpose: 'encryption',
        roles: ['recovery-agent'],
        groups: ['vault'],
        subject: 'kra',
        subscriber: 'ada',
        assurance: 'medium',
        custody: 'kms',
        keySpec: 'RSA_3072',
        stage: 'certified',
        exportable: true,
        lock: 'password',
        escrow: 'required',
        thirdParty: true,
        agents: 1,
      },
    });
  });

  it.each([
    ['--action Export', '--purpose must say what the key is for'],
    ['--action SetPassword --purpose identity --length twelve', '--length: it is a whole number'],
    ['--action Export --purpose identity --exportable maybe', '--exportable: it is one of: yes, no'],
  ])('wants a question that can be asked: %s', async (question, told) => {
    const { status, stdout, stderr } = await run(`${asks} ${policies}/general ${question}`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(told);
  });

  it('says of a policy that cannot be read what is wrong with it', async () => {
    const { status, stdout, stderr } = await run(
      `${asks} ${folder('unread', 'permit (principal, action, resource);')} --action Escrow --purpose identity`,
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('policy.cedar:1:1: The rule has no name.');
  });
});
