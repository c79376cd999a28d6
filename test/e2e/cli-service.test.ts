import { beforeAll, describe, expect, it } from 'vitest';
import { startCommand } from '#test/support/background-command.ts';
import { CliPeople, type CliPerson, done } from '#test/support/cli-people.ts';
import { outputOf } from '#test/support/program.ts';
import { testServer } from '#test/support/server.ts';
import { dialogue } from '../unit/cli/dialogue.ts';
import { wordsOf } from '../unit/cli/shell.ts';

// The whole job by the command line, against the real server: what is typed, what is shown, which files there are.

const server = testServer();
const people = new CliPeople(server);
const root = people.person('root');
const eva = people.person('eva.lund');
const mallory = people.person('mallory');
const officer = people.person('officer');

const header = 'subscriberId,givenName,familyName,email,purposes,keySpec,assurance';
const evaRow = 'eva.lund,Eva,Lund,eva.lund@example.org,identity+encryption,ECC_NIST_P256,medium';
const hsmRow = 'col.hayes,Colonel,Hayes,col.hayes@example.org,identity,ECC_NIST_P256,medium-hardware';

beforeAll(async () => {
  await server.start();
  await people.setUp(root);
  await people.add(root, eva, 'subscriber');
  await people.add(root, mallory, 'subscriber');
  await people.add(root, officer, 'recovery-official');
  root.write('list.csv', `${header}\n${evaRow}\nbroken,row\n${hsmRow}\n`);
});

interface Listed {
  id: string;
  state: string;
  purpose: string;
}

async function listed(person: CliPerson, filters = ''): Promise<Listed[]> {
  return JSON.parse(await done(person, `escrow list${filters} --json`)).enrollments;
}

async function enrollmentOf(person: CliPerson, purpose: string): Promise<string> {
  const [first] = await listed(person, ` --purpose ${purpose}`);
  return first?.id ?? '';
}

describe('escrow enroll --csv', () => {
  it('says what policy would decide, and requests nothing', async () => {
    const { status, stdout, stderr } = await root.run('escrow enroll --csv list.csv --dry-run');
    expect(status).toBe(3);
    expect(stdout).toMatch(/^ROW +WOULD BE +PURPOSE +MAY LEAVE +ESCROW +LOCK +SUBSCRIBER\n/);
    expect(stdout).toMatch(/^2 +awaiting-subscriber +encryption +yes +required +password +eva\.lund$/m);
    expect(stdout).toMatch(/^4 +accepted +identity +no +forbidden +resident +col\.hayes$/m);
    expect(stderr).toMatch(/^row 3, \(row\): has 2 fields/m);
    expect(stderr).toMatch(/would be taken, 1 would not be taken\.\n$/);
    expect(await listed(root)).toEqual([]);
  });

  it('requests what is right, and tells of what is not, with its row', async () => {
    const { status, stdout, stderr } = await root.run('escrow enroll --csv list.csv');
    expect(status).toBe(3);
    expect(stdout).toMatch(/^ROW +ID +STATE +PURPOSE +SUBSCRIBER\n2 +enr_/);
    expect(stdout.trimEnd().split('\n')).toHaveLength(4);
    expect(stderr).toContain(
      'row 3, (row): has 2 fields where the first line names 7. Check its commas and quotes.',
    );
    expect(stderr).toMatch(/^3 requests taken, 1 not taken\.\n$/m);
  });

  it('changes nothing when it is run again', async () => {
    const before = await listed(root);
    await root.run('escrow enroll --csv list.csv');
    expect((await listed(root)).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(before).toHaveLength(3);
  });

  it('tells each result as a line of JSON', async () => {
    root.write('eva.csv', `${header}\n${evaRow}\n`);
    const lines = (await done(root, 'escrow enroll --csv eva.csv --json')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { row: 2, enrollment: { purpose: 'identity', subscriber: { id: 'eva.lund' } } },
      { row: 2, enrollment: { purpose: 'encryption' } },
    ]);
  });
});

describe('escrow enroll', () => {
  const one =
    'escrow enroll --subscriber omar --given-name Omar --family-name Haddad --email omar@example.org --key-spec ECC_NIST_P256';

  it('requests one, by options', async () => {
    const told = JSON.parse(await done(root, `${one} --purpose identity --json`));
    expect(told).toMatchObject({
      enrollment: { purpose: 'identity', keySpec: 'ECC_NIST_P256', assurance: 'medium' },
    });
  });

  it('makes one request of one key, however often it is run', async () => {
    const ids: string[] = [];
    for (let times = 0; times < 2; times++) {
      const told = await done(root, `${one} --purpose encryption --idempotency-key omar-1 --json`);
      ids.push(JSON.parse(told).enrollment.id);
    }
    expect(ids[0]).toBe(ids[1]);
    const other = await root.run(
      `${one.replace('omar@', 'other@')} --purpose encryption --idempotency-key omar-1`,
    );
    expect(other.status).toBe(1);
    expect(other.stderr).toContain('(idempotency-mismatch)');
  });

  it('takes JSON Lines from standard input', async () => {
    const line = {
      subscriber: { id: 'dev-1', givenName: '', familyName: 'Gateway', email: 'pki@example.org' },
    };
    const good = JSON.stringify({
      ...line,
      purpose: 'encryption',
      keySpec: 'ECC_NIST_P384',
      assurance: 'medium',
    });
    const input = `${good}\n\nnot json\n{"purpose":"identity"}\n`;
    const { status, stdout, stderr } = await root.run('escrow enroll --jsonl -', input);
    expect(status).toBe(3);
    expect(stdout).toMatch(/^1 +enr_\w+ +awaiting-subscriber +encryption +dev-1$/m);
    expect(stderr).toContain('row 3, (line): is not JSON.');
    expect(stderr).toMatch(/^row 4, subscriber: is missing\. Add it\. \(invalid-input\)$/m);
    expect(stderr).toMatch(/^1 request taken, 2 not taken\.\n$/m);
  });

  it.each([
    ['escrow enroll', 'Say whom to enroll'],
    ['escrow enroll --csv a --jsonl b', 'Name one of'],
    ['escrow enroll --csv a --subscriber b', 'Name one of'],
    ['escrow enroll --subscriber b', 'One request needs'],
    ['escrow enroll --subscriber b --purpose signing', '--purpose: it is one of: identity, encryption'],
    ['escrow enroll --csv nowhere.csv', 'there is no such file'],
  ])('says what is wrong: %s', async (line, why) => {
    const { status, stderr } = await root.run(line);
    expect(status).toBe(2);
    expect(stderr).toContain(why);
  });
});

describe('a subscriber', () => {
  const keyPassword = 'Moor und Kauz 42';

  it('sees the own enrollments, and no other', async () => {
    expect((await listed(eva)).map(({ purpose }) => purpose).sort()).toEqual(['encryption', 'identity']);
    expect(await listed(mallory)).toEqual([]);
    const id = await enrollmentOf(eva, 'encryption');
    for (const command of ['show', 'csr', 'backups', 'watch']) {
      const { status, stderr } = await mallory.run(`escrow ${command} ${id}`);
      expect({ command, status, code: /\(([a-z-]+)\)\n$/.exec(stderr)?.[1] }).toEqual({
        command,
        status: 1,
        code: 'not-found',
      });
    }
  });

  it('sets a password at a terminal, typed twice and shown never, while another terminal waits for the key', async () => {
    const id = await enrollmentOf(eva, 'encryption');
    const watch = startCommand(wordsOf(`escrow watch ${id}`), eva.path('.'), eva.environment);
    const slip = await dialogue(
      eva,
      `escrow set-password ${id}`,
      [
        ['New password of the key: ', `${keyPassword}\r`],
        ['again: ', 'Moor und Kautz\r'],
      ],
      eva.environment,
    );
    expect(slip.status).toBe(2);
    expect(slip.screen).toContain('The two were not the same.');
    const { status, screen } = await dialogue(
      eva,
      `escrow set-password ${id}`,
      [
        ['New password of the key: ', `${keyPassword}\r`],
        ['again: ', `${keyPassword}\r`],
      ],
      eva.environment,
    );
    expect(status).toBe(0);
    expect(screen).toContain(`escrow export ${id}`);
    expect(screen).not.toContain('Moor');
    expect(await watch.ended).toBe(0);
    expect(watch.said()).toContain(`${id}: ready`);
  });

  it('takes the request for the CA, as PEM and as DER', async () => {
    const id = await enrollmentOf(eva, 'encryption');
    const pem = await done(eva, `escrow csr ${id}`);
    await done(eva, `escrow csr ${id} --der --out eva.csr.der`);
    const read = ['req', '-noout', '-verify', '-subject'];
    const fromPem = await outputOf('openssl', read, pem);
    const fromDer = await outputOf('openssl', [...read, '-inform', 'der', '-in', eva.path('eva.csr.der')]);
    expect(fromPem.toString()).toMatch(/O = Example, CN = Eva Lund/);
    expect(fromDer).toEqual(fromPem);
    expect(await eva.run(`escrow csr ${id} --out eva.csr.der`)).toMatchObject({ status: 1, stdout: '' });
  });

  it('exports a copy at a terminal, and opens it again before it is called done', async () => {
    const id = await enrollmentOf(eva, 'encryption');
    const filePassword = 'Kranich ueber Moor 7';
    const { status, screen } = await dialogue(
      eva,
      `escrow export ${id}`,
      [
        ['Password of the key: ', `${keyPassword}\r`],
        ['New password for the file: ', `${filePassword}\r`],
        ['again: ', `${filePassword}\r`],
        ['once more, to see that it opens (Enter to pass over): ', 'Kranich ueber Moor\r'],
        ['once more', `${filePassword}\r`],
      ],
      eva.environment,
    );
    expect(screen).toContain('(pfx-wrong-password-or-damaged)');
    expect(screen).toMatch(/It opens with that password, and its key works\.\nlund_Enroll_EN\.pfx\n/);
    expect(status).toBe(0);
    expect(screen).not.toMatch(/Kranich|Kauz/);
    expect(eva.mode('lund_Enroll_EN.pfx')).toBe(0o600);
    const opened = [
      'pkcs12',
      '-in',
      eva.path('lund_Enroll_EN.pfx'),
      '-passin',
      'stdin',
      '-noenc',
      '-nocerts',
    ];
    expect((await outputOf('openssl', opened, filePassword)).toString()).toContain('PRIVATE KEY');
  });

  it('has a receipt beside it, which anybody can check', async () => {
    const jwks = await (await fetch(`${server.url}/.well-known/jwks.json`)).text();
    eva.write('jwks.json', jwks);
    const { stdout } = await eva.run('escrow receipt verify lund_Enroll_EN.receipt.jws --jwks jwks.json');
    expect(stdout).toMatch(/yes the private key works\n.*yes a password is set/);
    const receipt = await done(eva, `escrow receipt get ${await enrollmentOf(eva, 'encryption')}`);
    eva.write('backup.jws', receipt);
    expect(await done(eva, 'escrow receipt verify backup.jws --jwks jwks.json')).toContain('in escrow until');
  });

  it('overwrites nothing, and exports nothing that could not be written', async () => {
    const id = await enrollmentOf(eva, 'encryption');
    eva.write('key.password', keyPassword);
    const again = await eva.run(`escrow export ${id} --password-file key.password --same-password`);
    expect(again).toMatchObject({ status: 1, stdout: '' });
    expect(again.stderr).toContain('lund_Enroll_EN.pfx: it exists already.');
    expect(JSON.parse(await done(eva, `escrow show ${id} --json`)).exports).toBe(1);
  });

  it('exports without a terminal, by files, and has it checked by a file', async () => {
    const id = await enrollmentOf(eva, 'encryption');
    const told = await done(
      eva,
      `escrow export ${id} --out copy.pfx --password-file key.password --generated-password-out copy.password --check-password-file copy.password --json`,
    );
    expect(JSON.parse(told)).toMatchObject({
      file: 'copy.pfx',
      receipt: 'copy.receipt.jws',
      checked: 'opened',
    });
    expect(eva.mode('copy.password')).toBe(0o600);
    expect(await done(eva, 'escrow verify copy.pfx --password-file copy.password')).toContain('It opens');
    const wrong = await eva.run(
      `escrow export ${id} --out third.pfx --password-file key.password --same-password --check-password-file copy.password`,
    );
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain('(pfx-wrong-password-or-damaged)');
  });

  it('changes the password', async () => {
    const id = await enrollmentOf(eva, 'encryption');
    eva.write('new.password', 'Reiher am Weiher 9');
    await done(
      eva,
      `escrow change-password ${id} --current-password-file key.password --new-password-file new.password`,
    );
    const old = await eva.run(`escrow export ${id} --out x.pfx --password-file key.password --same-password`);
    expect(old).toMatchObject({ status: 1 });
    expect(old.stderr).toContain('(wrong-password)');
    expect(eva.list()).not.toContain('x.pfx');
    await done(
      eva,
      `escrow export ${id} --out y.pfx --password-file new.password --same-password --no-check`,
    );
  });

  it('locks it by ten wrong passwords, and the help desk unlocks it', async () => {
    const id = await enrollmentOf(eva, 'encryption');
    const attempt = `escrow export ${id} --out z.pfx --password-file key.password --same-password`;
    let last = await eva.run(attempt);
    for (let tries = 0; tries < 10 && !last.stderr.includes('enrollment-locked'); tries++)
      last = await eva.run(attempt);
    expect(last.stderr).toContain(
      'Sign in anew, then try once more: escrow login --fresh. (enrollment-locked)',
    );
    expect(await mallory.run(`escrow unlock ${id}`)).toMatchObject({ status: 4 });
    await done(officer, `escrow unlock ${id}`);
    await done(eva, `escrow export ${id} --out z.pfx --password-file new.password --same-password`);
  });

  it('is told of it', async () => {
    const notices = await done(eva, 'escrow notices --all');
    expect(notices).toMatch(/^\S+Z {2}to eva\.lund: /);
    expect(notices).toContain('It was escrowed');
  });

  it('destroys a key by typing its name again', async () => {
    const id = await enrollmentOf(eva, 'identity');
    await done(eva, `escrow set-password ${id} --password-file key.password`);
    const wrong = await dialogue(eva, `escrow destroy ${id}`, [['to go on', 'yes\r']], eva.environment);
    expect(wrong.status).toBe(2);
    expect(wrong.screen).toContain('so nothing was done');
    expect(await eva.run(`escrow destroy ${id}`)).toMatchObject({ status: 2, stdout: '' });
    const right = await dialogue(eva, `escrow destroy ${id}`, [['to go on', `${id}\r`]], eva.environment);
    expect(right.status).toBe(0);
    expect(JSON.parse(await done(eva, `escrow show ${id} --json`)).state).toBe('destroyed');
  });
});

describe('whoever runs the service', () => {
  it('sees how it fares', async () => {
    const told = await done(root, 'escrow status');
    expect(told).toMatch(/^ {2}custody +software, answers$/m);
    expect(told).toMatch(/^ {2}dead letters +0$/m);
    expect(await eva.run('escrow status')).toMatchObject({ status: 4 });
  });

  it('has the set-up checked', async () => {
    const { status, stdout } = await root.run('escrow doctor');
    expect(stdout).not.toContain('MEND');
    expect(status).toBe(0);
    for (const check of [
      'Node',
      'signed in',
      'server',
      'clock',
      'organization',
      'custody',
      'dead letters',
      'work',
    ]) {
      expect(stdout).toMatch(new RegExp(`^ok +${check} `, 'm'));
    }
  });

  it('changes the organization, and nobody else does', async () => {
    await done(root, 'escrow organization set --contact desk@example.org');
    expect(await done(root, 'escrow organization show')).toMatch(/^ {2}contact +desk@example\.org$/m);
    const refused = await eva.run('escrow organization set --contact me@example.org');
    expect(refused.status).toBe(4);
    await done(root, 'escrow organization set --retention-days 30');
    expect(JSON.parse(await done(root, 'escrow organization show --json'))).toMatchObject({
      retentionDays: 30,
      policy: { version: '1', document: expect.stringMatching(/^[0-9a-f]{64}$/), proposedBy: 'root' },
    });
    const wrong = await root.run('escrow organization set --retention-days never');
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('--retention-days must be a number of days');
  });

  it('has events sent to a URL, with a secret that is told once', async () => {
    const id = (
      await done(
        root,
        'escrow webhooks add https://hooks.example.org/in --type BackupEscrowed --secret-out hook.secret',
      )
    ).trim();
    expect(root.read('hook.secret').toString()).toMatch(/^whsec_\S+\n$/);
    expect(root.mode('hook.secret')).toBe(0o600);
    expect(await done(root, 'escrow webhooks list')).toMatch(
      new RegExp(`^${id} +yes +\\S+ +BackupEscrowed +https://hooks`, 'm'),
    );
    await done(root, `escrow webhooks rotate ${id} --secret-out hook.secret.2`);
    expect(root.read('hook.secret.2')).not.toEqual(root.read('hook.secret'));
    await done(root, `escrow webhooks remove ${id}`);
    expect(await root.run(`escrow webhooks remove ${id}`)).toMatchObject({ status: 1 });
  });

  it('has no dead letters, and says so', async () => {
    expect(await root.run('escrow dead-letters list')).toMatchObject({
      status: 0,
      stdout: '',
      stderr: 'There is no dead letter.\n',
    });
    expect(await root.run('escrow dead-letters redrive --all')).toMatchObject({ status: 0 });
    expect(await root.run('escrow dead-letters redrive dlq_none')).toMatchObject({ status: 1 });
    expect(await root.run('escrow dead-letters redrive')).toMatchObject({ status: 2 });
  });

  it('removes an account once it is sure', async () => {
    expect(await root.run('escrow accounts remove mallory')).toMatchObject({ status: 2 });
    const no = await dialogue(root, 'escrow accounts remove mallory', [['[y/N] ', '\r']], root.environment);
    expect(no.status).toBe(1);
    await done(root, 'escrow accounts remove mallory --yes');
    expect(await done(root, 'escrow accounts list')).not.toContain('mallory');
  });

  it('follows all events, also over a restart of the server', async () => {
    const port = String(server.process.port);
    const watch = startCommand(wordsOf('escrow watch --json'), root.path('.'), root.environment);
    const enroll = (subscriber: string) =>
      done(
        root,
        `escrow enroll --subscriber ${subscriber} --family-name Test --email t@example.org --purpose identity --key-spec ECC_NIST_P256 --json`,
      );
    await startWatching(watch.said, () => enroll('before'));
    await server.end('SIGKILL');
    await server.start(['--port', port]);
    const { id } = JSON.parse(await enroll('after')).enrollment;
    await watch.says(new RegExp(`"enrollmentId":"${id}"`));
    watch.end('SIGINT');
    await watch.ended;
  });
});

/** Whether the stream is open, an event alone tells. */
async function startWatching(said: () => string, cause: () => Promise<unknown>): Promise<void> {
  while (!said().includes('SubscriberSignInAwaited')) await cause();
}
