import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { generatePassword } from '#crypto/passwords.ts';
import { filesUnder } from '#test/support/demo.ts';
import { enroll, requestBody, setPassword, setUp } from '#test/support/enrolling.ts';
import { EvaluationPeople } from '#test/support/people.ts';
import { type Ran, runProgram } from '#test/support/program.ts';
import { testServer } from '#test/support/server.ts';
import { runServerProcess, type ServerStart, startServerProcess } from '#test/support/server-process.ts';

const main = fileURLToPath(new URL('../../local/server/main.ts', import.meta.url));
const server = testServer();
let copies = 0;

/** A folder as a server left it that was set up, made a key, and ended. */
beforeAll(async () => {
  await server.start();
  const people = new EvaluationPeople(server);
  await setUp(server, people);
  await setPassword(
    server,
    people,
    await enroll(server, people, requestBody('ada')),
    generatePassword().text(),
  );
  expect(await server.end()).toBe(0);
});

/** A copy of that folder, to be damaged. */
function copied(): string {
  copies += 1;
  const copy = join(server.root, `copy-${copies}`);
  cpSync(server.data, copy, { recursive: true });
  return copy;
}

/** Every file of a folder, by its path, as it is. */
function contentOf(folder: string): Map<string, string> {
  return new Map(
    filesUnder(folder).map((path) => [path, readFileSync(join(folder, path)).toString('base64')]),
  );
}

function start(data: string): Promise<ServerStart> {
  return runServerProcess(['--data', data, '--port', '0']);
}

/** One sentence, no more: what is wrong, what to do, the code. */
const oneSentence = /^\S[^\n]+\. [A-Z][^\n]+\. \([a-z-]+\)\n$/;

describe('a data folder of which a file is damaged', () => {
  const garbage = `{"this": is neither JSON nor a database${' '.repeat(4_096)}`;
  it.each([
    ['escrow.db', /no database/],
    ['locked-keys.db', /no database/],
    ['identity/accounts.json', /^accounts\.json: is damaged\. Restore the data folder from a copy/],
    ['identity/keys.json', /^keys\.json: is damaged\. Restore the data folder from a copy/],
    ['software-keys/provider-keys.json', /^provider-keys\.json: is damaged, so nothing/],
  ])('says so of %s, and changes nothing', async (file, said) => {
    const data = copied();
    writeFileSync(join(data, file), garbage);
    const before = contentOf(data);
    const { status, stdout, stderr } = await start(data);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(oneSentence);
    expect(stderr).toMatch(said);
    expect(contentOf(data)).toEqual(before);
    // What is put back is good as before.
    copyFileSync(join(server.data, file), join(data, file));
    chmodSync(join(data, file), 0o600);
    await expectServing(data);
  });

  it.each([
    ['identity/accounts.json', 'accounts.json'],
    ['identity/keys.json', 'keys.json'],
    ['software-keys/provider-keys.json', 'provider-keys.json'],
  ])('says so of %s if others may read it, and changes nothing', async (file, name) => {
    const data = copied();
    chmodSync(join(data, file), 0o644);
    const before = contentOf(data);
    const { status, stderr } = await start(data);
    expect(status).toBe(1);
    expect(stderr).toMatch(oneSentence);
    expect(stderr).toContain(`Run chmod 600 on ${name}`);
    expect(contentOf(data)).toEqual(before);
  });

  it.each([
    ['are those of another folder', true],
    ['are gone', false],
  ])('says so where its keys %s, and changes nothing that they lock', async (_, others) => {
    const data = copied();
    const keys = 'software-keys/provider-keys.json';
    rmSync(join(data, keys));
    if (others) copyFileSync(join(await freshFolder(), keys), join(data, keys));
    const before = contentOf(data);
    const { status, stdout, stderr } = await start(data);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/\(key-not-found\)\n$/);
    const after = contentOf(data);
    for (const [path, content] of before) expect([path, after.get(path)]).toEqual([path, content]);
    copyFileSync(join(server.data, keys), join(data, keys));
    await expectServing(data);
  });

  it('says so where the file of its locked keys is gone, and makes no other', async () => {
    const data = copied();
    rmSync(join(data, 'locked-keys.db'));
    const before = contentOf(data);
    const { status, stdout, stderr } = await start(data);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^locked-keys\.db: is not there, .*Put back.*\n$/);
    expect(contentOf(data)).toEqual(before);
  });

  it('says so where it was served with keys in another place', async () => {
    const data = copied();
    const before = contentOf(data);
    const { status, stderr } = await runServerProcess(['--data', data, '--port', '0', '--keys', 'pkcs11']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/\(not-set-up\)\n$/);
    for (const [path, content] of before) expect([path, contentOf(data).get(path)]).toEqual([path, content]);
  });
});

describe('a data folder that cannot be used', () => {
  it('is told of where nobody may look into it', async () => {
    const data = copied();
    chmodSync(data, 0o000);
    const { status, stdout, stderr } = await startWithoutPrivilege(data);
    chmodSync(data, 0o700);
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(oneSentence);
    expect(stderr).toContain(`${data}`);
    expect(stderr).toContain('you may not read or write it');
    expect(contentOf(data)).toEqual(contentOf(server.data));
  });

  it('is told of where nobody may write into it', async () => {
    const data = copied();
    chmodSync(data, 0o500);
    const { status, stderr } = await startWithoutPrivilege(data);
    chmodSync(data, 0o700);
    expect(status).toBe(1);
    expect(stderr).toMatch(oneSentence);
    expect(stderr).toContain(data);
    expect(contentOf(data)).toEqual(contentOf(server.data));
  });

  it('is told of where its links lead in a circle', async () => {
    const data = join(server.root, 'circle');
    symlinkSync('circle', data);
    const { status, stderr } = await start(data);
    expect(status).toBe(1);
    expect(stderr).toMatch(oneSentence);
    expect(stderr).toContain(data);
  });

  it('is told of where a folder stands in place of its database', async () => {
    const data = copied();
    const named = join(data, 'locked-keys.db');
    const before = contentOf(data);
    before.delete('locked-keys.db');
    rmSync(named);
    mkdirSync(named);
    const { status, stderr } = await start(data);
    expect(status).toBe(1);
    expect(stderr).toMatch(oneSentence);
    expect(contentOf(data)).toEqual(before);
  });
});

/** Serves a folder, and ends in order. */
async function expectServing(data: string): Promise<void> {
  expect(await (await startServerProcess(['--data', data])).end()).toBe(0);
}

/** A folder that was served for the first time. */
async function freshFolder(): Promise<string> {
  const data = join(server.root, 'fresh');
  await expectServing(data);
  return data;
}

/** Starts it as somebody whom the modes of files bind: root is not, with the capabilities that it has. */
async function startWithoutPrivilege(data: string): Promise<Ran> {
  const program = [process.execPath, main, '--data', data, '--port', '0'];
  if (process.getuid?.() !== 0) return await runProgram(process.execPath, program.slice(1));
  const dropped = '-dac_override,-dac_read_search';
  return await runProgram('setpriv', [`--bounding-set=${dropped}`, `--inh-caps=${dropped}`, ...program]);
}
