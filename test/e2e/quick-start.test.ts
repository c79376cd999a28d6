import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { outputOf, type Ran, runProgram } from '#test/support/program.ts';

const repository = join(import.meta.dirname, '../..');

/** What the README's section on running the service says to type: in one terminal, and, block after block, in another. */
async function blocks(): Promise<[string, string]> {
  const readme = await readFile(join(repository, 'README.md'), 'utf8');
  const [, section = ''] = readme.split('## Run the service');
  const [serve = '', ...walk] = [...section.matchAll(/^```bash\n(.*?)^```/gms)].map(
    ([, block = '']) => block,
  );
  expect(walk).toHaveLength(2);
  return [serve, walk.join('')];
}

let folder: string;
let clone: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quick-start-'));
  clone = join(folder, 'clone');
  await outputOf('git', ['clone', '--quiet', repository, clone]);
  // What `npm ci` would install stands here already.
  await symlink(join(repository, 'node_modules'), join(clone, 'node_modules'));
});

afterAll(() => rm(folder, { recursive: true }));

const shell = (script: string) => ['-e', '-u', '-o', 'pipefail', '-c', `cd "${clone}"\n${script}`];

/** Serves in a process group of its own, as a terminal has it, until Ctrl+C. @returns all that it printed */
async function whileServing(script: string, work: (said: () => string) => Promise<void>): Promise<string> {
  const server = spawn('bash', shell(script), { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  // Once nothing holds its output any more, not even a grandchild.
  const ended = once(server, 'close');
  let printed = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  try {
    while (!printed.includes('Stop it with') && server.exitCode === null) await once(server.stdout, 'data');
    await work(() => printed);
  } finally {
    process.kill(-(server.pid ?? 0), 'SIGINT');
  }
  await ended;
  return printed;
}

it('runs the README as it stands: one terminal serves, another goes through the service', async () => {
  const [serve, walk] = await blocks();
  expect(serve).toBe('npm start\n');
  let walked: Ran | undefined;
  const printed = await whileServing(serve, async (said) => {
    expect(said()).toContain('http://127.0.0.1:8420');
    walked = await runProgram('bash', shell(walk), '', { XDG_CONFIG_HOME: join(folder, 'config') });
  });
  expect(walked).toMatchObject({ status: 0 });
  expect(printed).toContain('"message":"stopped"');

  const key = await readFile(join(clone, 'mine/key.password'));
  const opened = await outputOf(
    'openssl',
    ['pkcs12', '-in', join(clone, 'mine/obrien_Enroll_EN.pfx'), '-passin', 'stdin', '-noenc', '-nocerts'],
    key,
  );
  const ofCopy = await outputOf('openssl', ['pkey', '-pubout'], opened);
  const csr = join(clone, 'mine/obrien.csr.pem');
  expect(ofCopy.toString()).toBe(
    (await outputOf('openssl', ['req', '-in', csr, '-noout', '-pubkey'])).toString(),
  );
  // Nothing that it leaves is taken for the project's own.
  expect((await outputOf('git', ['-C', clone, 'status', '--porcelain'])).toString()).toBe(
    '?? node_modules\n',
  );
});
