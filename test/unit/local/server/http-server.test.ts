import { once } from 'node:events';
import { Agent, get, type IncomingMessage, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type HttpServer, openHttpServer, usualLimits } from '#local/server/http-server.ts';
import { eventually } from '#test/support/eventually.ts';
import { rawConnection, rawExchange } from './raw-request.ts';

const open: HttpServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close(0);
});

/** A server that notes what reaches its listener. */
async function serving(
  listener: RequestListener = (_, response) => void response.end('answer'),
  limits = usualLimits,
) {
  const reached: IncomingMessage[] = [];
  const server = await openHttpServer(
    0,
    (request, response) => {
      reached.push(request);
      listener(request, response);
    },
    limits,
  );
  open.push(server);
  return { server, reached };
}

/** A listener whose answers wait until they are let. */
function gated() {
  const gate = Promise.withResolvers<void>();
  const listener: RequestListener = (_, response) => void gate.promise.then(() => response.end('late'));
  return { listener, open: () => gate.resolve() };
}

describe('a port', () => {
  it('is listened on at 127.0.0.1 alone', async () => {
    const { server } = await serving();
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect(await (await fetch(server.url)).text()).toBe('answer');
  });

  it('that is taken is said so, with what to do', async () => {
    const { server } = await serving();
    await expect(openHttpServer(server.port, () => {})).rejects.toMatchObject({
      code: 'usage',
      message: `--port: port ${server.port} is taken by another program, or by this one started before`,
      next: 'Stop that one, or choose another port.',
    });
  });
});

describe('a target that is a whole URL', () => {
  const ask = (port: number, target: string) =>
    rawExchange(port, `GET ${target} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n\r\n`);

  it.each([
    ['http://HOST/a?b=c', '/a?b=c'],
    ['HTTP://HOST/', '/'],
    ['http://HOST', '/'],
    ['http://HOST?b', '/?b'],
    ['/http://elsewhere/', '/http://elsewhere/'],
  ])('%s of this server is taken as its path', async (target, path) => {
    const { server, reached } = await serving();
    await ask(server.port, target.replace('HOST', `127.0.0.1:${server.port}`));
    expect(reached.map(({ url }) => url)).toEqual([path]);
  });

  it.each(['http://evil.example/', 'http://127.0.0.1@evil.example/', 'http://127.0.0.1/', 'http://'])(
    '%s of another is not',
    async (target) => {
      const { server, reached } = await serving();
      expect(await ask(server.port, target)).toMatch(/^HTTP\/1\.1 (?:421|400) /);
      expect(reached).toEqual([]);
    },
  );
});

describe('the Host header', () => {
  const request = (host: string) => `GET / HTTP/1.1\r\n${host}connection: close\r\n\r\n`;

  it.each(['127.0.0.1', 'localhost', 'LocalHost', '[::1]'])('may be %s with the port', async (name) => {
    const { server } = await serving();
    const answer = await rawExchange(server.port, request(`host: ${name}:${server.port}\r\n`));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    ['another name', (port: number) => `host: rebound.example:${port}\r\n`],
    ['no port', () => 'host: 127.0.0.1\r\n'],
    ['another port', (port: number) => `host: 127.0.0.1:${port + 1}\r\n`],
    ['a name that begins like ours', (port: number) => `host: 127.0.0.1:${port}.rebound.example\r\n`],
    ['nothing', () => 'host: \r\n'],
    ['two names', (port: number) => `host: 127.0.0.1:${port}\r\nhost: rebound.example\r\n`],
    [
      'two names, the first another',
      (port: number) => `host: rebound.example\r\nhost: 127.0.0.1:${port}\r\n`,
    ],
  ])('that has %s is refused before anybody looks at the request', async (_, host) => {
    const { server, reached } = await serving();
    const answer = await rawExchange(server.port, request(host(server.port)));
    expect(answer).toMatch(/^HTTP\/1\.1 4(00|21) /);
    expect(reached).toEqual([]);
  });

  it('that names another server is answered by a problem that says where to send it', async () => {
    const { server } = await serving();
    const answer = await rawExchange(server.port, request('host: rebound.example\r\n'));
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toContain('421 Misdirected Request');
    expect(head.toLowerCase()).toContain('content-type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ code: 'no-such-route', next: `Send it to ${server.url}.` });
    expect(answer).not.toContain('rebound');
  });

  it('that is missing is refused', async () => {
    const { server, reached } = await serving();
    expect(await rawExchange(server.port, request(''))).toMatch(/^HTTP\/1\.1 400 /);
    expect(reached).toEqual([]);
  });
});

describe('a request that could be read in two ways', () => {
  const begin = (port: number) => `POST / HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n`;

  it.each([
    ['both lengths', 'content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef'],
    ['a length that is no number', 'content-length: +5\r\n\r\nabcde'],
    ['an unknown encoding', 'transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', 'content-length : 5\r\n\r\nabcde'],
    ['a folded header', 'x-a: 1\r\n content-length: 5\r\n\r\nabcde'],
    ['a bare line feed', 'x-a: 1\ncontent-length: 5\r\n\r\nabcde'],
    ['a header with NUL', 'x-a: \0\r\n\r\n'],
  ])('is refused: %s', async (_, rest) => {
    const { server, reached } = await serving();
    const answer = await rawExchange(server.port, `${begin(server.port)}${rest}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    for (const { complete } of reached) expect(complete).toBe(false);
  });
});

describe('headers', () => {
  it('of more than 16 KiB are refused', async () => {
    const { server, reached } = await serving();
    const head = `GET / HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nx-a: ${'a'.repeat(17_000)}\r\n\r\n`;
    expect(await rawExchange(server.port, head)).toMatch(/^HTTP\/1\.1 431 /);
    expect(reached).toEqual([]);
  });

  it('that come drop by drop are waited for no longer than their time, and bodies no longer than theirs', async () => {
    expect(usualLimits).toMatchObject({ headersTimeout: 10_000, requestTimeout: 30_000 });
    const limits = {
      ...usualLimits,
      headersTimeout: 100,
      requestTimeout: 300,
      connectionsCheckingInterval: 20,
    };
    const reading: RequestListener = (request, response) => {
      text(request).then(
        () => response.end(),
        () => {},
      );
    };
    const { server, reached } = await serving(reading, limits);
    const host = `host: 127.0.0.1:${server.port}\r\n`;
    const [noEnd, noBody] = await Promise.all([
      rawExchange(server.port, `GET / HTTP/1.1\r\n${host}`),
      rawExchange(server.port, `POST / HTTP/1.1\r\n${host}content-length: 10\r\n\r\nabc`),
    ]);
    expect(noEnd).toMatch(/^HTTP\/1\.1 408 /);
    expect(noBody).toMatch(/^HTTP\/1\.1 408 /);
    expect(reached).toHaveLength(1);
  });
});

describe('closing', () => {
  it('answers what is in flight, tells its client that the connection ends, and takes no more', async () => {
    const gate = gated();
    const { server } = await serving(gate.listener);
    const answering = fetch(server.url);
    await eventually(() => expect(server.inFlight()).toBe(1));
    const closing = server.close(60_000);
    await expect(fetch(server.url)).rejects.toThrow();
    gate.open();
    const answer = await answering;
    expect(await answer.text()).toBe('late');
    expect(answer.headers.get('connection')).toBe('close');
    expect(await closing).toBe(true);
    expect(server.inFlight()).toBe(0);
  });

  it('ends connections that are idle', async () => {
    const { server } = await serving();
    const agent = new Agent({ keepAlive: true });
    const [answer] = await once(get(server.url, { agent }), 'response');
    await text(answer);
    expect(await server.close(60_000)).toBe(true);
    agent.destroy();
  });

  it('ends a connection whose answer had begun before, once it is answered', async () => {
    const gate = Promise.withResolvers<void>();
    const { server } = await serving((_, response) => {
      response.write('begun');
      void gate.promise.then(() => response.end(', ended'));
    });
    const agent = new Agent({ keepAlive: true });
    const [answer] = await once(get(server.url, { agent }), 'response');
    const whole = text(answer);
    const closing = server.close(60_000);
    gate.resolve();
    expect(await whole).toBe('begun, ended');
    expect(await closing).toBe(true);
    agent.destroy();
  });

  it('refuses what comes on a connection that is still open', async () => {
    const { server, reached } = await serving();
    const { socket, received, ended } = await rawConnection(server.port);
    socket.write('GET / HTTP/1.1\r\n');
    await pause(20);
    const closing = server.close(60_000);
    socket.write(`host: 127.0.0.1:${server.port}\r\n\r\n`);
    await ended;
    expect(await closing).toBe(true);
    expect(received()).toMatch(/^(HTTP\/1\.1 503 .*"code":"store-unavailable".*)?$/s);
    expect(reached).toEqual([]);
  });

  it('cuts off what is not answered in time, and says so', async () => {
    const { server } = await serving(() => {});
    const answering = fetch(server.url);
    const refused = expect(answering).rejects.toThrow();
    await eventually(() => expect(server.inFlight()).toBe(1));
    expect(await server.close(20)).toBe(false);
    await refused;
  });
});
