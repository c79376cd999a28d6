import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHttpServer } from '#local/server/http-server.ts';
import { eventually } from '#test/support/eventually.ts';
import { runServerProcess, type ServerProcess, startServerProcess } from '#test/support/server-process.ts';
import { rawConnection } from '#test/unit/local/server/raw-request.ts';
import { type Collector, startCollector } from '#test/unit/runtime/collector.ts';

let folder: string;
let data: string;
const servers: ServerProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'escrow-server-'));
  data = join(folder, 'data');
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.end('SIGKILL');
  await rm(folder, { recursive: true });
});

async function start(args: readonly string[] = [], environment: Record<string, string> = {}) {
  const server = await startServerProcess(['--data', data, ...args], environment);
  servers.push(server);
  return server;
}

/** The status that a path is answered with. */
async function statusOf({ url }: ServerProcess, path: string): Promise<number> {
  return (await fetch(`${url}${path}`)).status;
}

describe('npm start', () => {
  it('serves, says where and what to try first, and logs one JSON object a line', async () => {
    const server = await start();
    expect(await statusOf(server, '/health')).toBe(200);
    expect(await statusOf(server, '/openapi.json')).toBe(200);
    expect(await statusOf(server, '/v1/enrollments')).toBe(401);
    expect(await statusOf(server, '/identity/.well-known/openid-configuration')).toBe(200);
    expect(await statusOf(server, '/nothing')).toBe(404);
    const code = join(data, 'identity', 'set-up-code');
    expect(server.stdout()).toContain(`escrow -- init --server ${server.url} --set-up-code-file ${code}\n`);
    expect(server.stdout()).toContain(`stands in ${code}.`);
    expect(await server.end()).toBe(0);
    const messages = server.logged().map(({ message }) => message);
    expect(messages).toEqual([
      'listening',
      ...Array(4).fill('request'),
      'signalled',
      'stopping',
      'ledger-sealed',
      'stopped',
    ]);
  });

  it('keeps its data folder to its owner', async () => {
    await start();
    expect((await stat(data)).mode & 0o777).toBe(0o700);
    expect((await stat(join(data, 'identity', 'set-up-code'))).mode & 0o777).toBe(0o600);
  });

  it('answers to no other host name, so that no page of a stranger can talk to it', async () => {
    const { port } = await start();
    const { socket, received, ended } = await rawConnection(port);
    socket.write(`GET /health HTTP/1.1\r\nhost: rebound.example:${port}\r\n\r\n`);
    await ended;
    expect(received()).toMatch(/^HTTP\/1\.1 421 /);
  });

  it('starts again after a kill, on the same folder', async () => {
    const first = await start();
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    const second = await start();
    expect(await statusOf(second, '/health')).toBe(200);
    expect(await second.end('SIGINT')).toBe(0);
  });

  it('shows help, and touches nothing', async () => {
    const { status, stdout, stderr } = await runServerProcess(['--help', '--data', data]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('npm start -- [options]');
    expect(existsSync(data)).toBe(false);
  });
});

describe('a server that cannot start', () => {
  it('says in one sentence that the data folder is in use, and what to do', async () => {
    const first = await start();
    const { status, stdout, stderr } = await runServerProcess(['--data', data, '--port', '0']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      'Another process works on this data folder. Stop it, or name another folder. (data-folder-in-use)\n',
    );
    expect(await statusOf(first, '/health')).toBe(200);
  });

  it('says that the port is taken, and what to do, and makes no data folder', async () => {
    const other = await openHttpServer(0, () => {});
    const { status, stderr } = await runServerProcess(['--data', data, '--port', String(other.port)]);
    await other.close(0);
    expect(status).toBe(1);
    expect(stderr).toBe(
      `--port: port ${other.port} is taken by another program, or by this one started before. ` +
        'Stop that one, or choose another port. (usage)\n',
    );
    expect(existsSync(data)).toBe(false);
  });

  it('says that the data folder cannot be made', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const { status, stderr } = await runServerProcess(['--data', join(file, 'data'), '--port', '0']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^\S+: a file stands where a folder must be\. Name another place\. \(usage\)\n$/);
  });

  it('says which option is wrong', async () => {
    const { status, stderr } = await runServerProcess(['--data', data, '--bogus']);
    expect(status).toBe(2);
    expect(stderr).toBe('--bogus: there is no such option. Ask the command for --help. (usage)\n');
  });

  it('says which range, file or trace setting is wrong', async () => {
    const range = await runServerProcess(['--data', data, '--port', '0', '--webhook-allow', 'everywhere']);
    expect(range).toMatchObject({ status: 1, stderr: expect.stringContaining('is not a range') });
    const issuer = [
      '--issuer',
      'https://login.example.org',
      '--audience',
      'a',
      '--claims',
      join(folder, 'none'),
    ];
    const claims = await runServerProcess(['--data', data, '--port', '0', ...issuer]);
    expect(claims).toMatchObject({ status: 1, stderr: expect.stringContaining('there is no such file') });
  });
});

describe('stopping', () => {
  it('finishes the request that is under way, and takes no more', async () => {
    const server = await start();
    const body = 'grant_type=none';
    const { socket, received, ended } = await rawConnection(server.port);
    const head = `POST /identity/token HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\n`;
    const type = 'content-type: application/x-www-form-urlencoded\r\n';
    socket.write(`${head}${type}content-length: ${body.length}\r\n\r\n${body.slice(0, 5)}`);
    await pause(100);
    server.child.kill('SIGTERM');
    await eventually(() => expect(server.stderr()).toContain('"stopping","count":1'));
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
    expect(received()).toBe('');
    socket.write(body.slice(5));
    await ended;
    expect(received()).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(await server.ended).toBe(0);
    expect(server.logged().at(-1)).toMatchObject({ message: 'stopped' });
  });

  it('by a second signal ends at once, whatever is under way', async () => {
    const server = await start();
    const { socket, ended } = await rawConnection(server.port);
    socket.write(
      `POST /identity/token HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\ncontent-length: 9\r\n\r\n`,
    );
    await pause(100);
    server.child.kill('SIGINT');
    await eventually(() => expect(server.stderr()).toContain('stopping'));
    // Sooner, it would be taken for the same one, passed on by another process.
    await pause(350);
    expect(await server.end('SIGINT')).toBe(130);
    await ended;
  });
});

describe('traces', () => {
  const collectors: Collector[] = [];
  afterEach(async () => {
    for (const collector of collectors.splice(0)) await collector.close();
  });

  it.each([
    ['that answers', undefined],
    ['that never answers', () => {}],
  ])('go to a collector %s, which holds up neither requests nor the end', async (_, answer) => {
    const collector = await startCollector(answer);
    collectors.push(collector);
    const server = await start([], { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01` };
    expect((await fetch(`${server.url}/health`, { headers })).status).toBe(200);
    expect(await server.end()).toBe(0);
    expect(collector.spans()).toMatchObject([{ name: 'GET /health', traceId: trace }]);
    expect(server.logged().find(({ message }) => message === 'request')).toMatchObject({ traceId: trace });
  });
});
