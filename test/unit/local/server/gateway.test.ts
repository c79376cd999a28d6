import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '#runtime/http/api-request.ts';
import { eventually } from '#test/support/eventually.ts';
import { gatewaySubject, plain, type Taken } from './gateway-subject.ts';
import { rawConnection, rawExchange } from './raw-request.ts';

const { serve, serveReader } = gatewaySubject();

const head = (line: string, ...headers: string[]) =>
  [line, 'host: 127.0.0.1', ...headers, '', ''].join('\r\n');
const textOf = ({ body }: Taken) => new TextDecoder().decode(body);

describe('a request', () => {
  it('is passed on as it stood', async () => {
    const requests: ApiRequest[] = [];
    const handle = async (request: ApiRequest) => {
      requests.push(request);
      return plain('');
    };
    const { port } = await serve({ handle });
    const headers = ['X-Twice: a', 'x-twice: b', 'authorization: first', 'authorization: second'];
    await rawExchange(port, head('GET /a%2Fb/../%zz?x=1&y=%20?z HTTP/1.1', ...headers, 'connection: close'));
    const [request = expect.unreachable('it was not passed on')] = requests;
    expect([request.method, request.path]).toEqual(['GET', '/a%2Fb/../%zz']);
    expect([...request.query]).toEqual([
      ['x', '1'],
      ['y', ' ?z'],
    ]);
    expect(request.header('x-twice')).toBe('a, b');
    expect(request.header('authorization')).toBe('first');
    expect(request.header('accept')).toBeUndefined();
    expect(request.clientAddress).toBe('127.0.0.1');
  });

  it.each(['http://127.0.0.1/a', '*'])('may name anything as its target: %s', async (target) => {
    const { port, taken } = await serveReader(0);
    await rawExchange(port, head(`OPTIONS ${target} HTTP/1.1`, 'connection: close'));
    expect(taken.map(({ request }) => request.path)).toEqual([target]);
  });

  it('that is none is answered by Node, and goes no further', async () => {
    const { port, taken } = await serveReader(0);
    const long = `x-long: ${'x'.repeat(20_000)}`;
    expect(await rawExchange(port, head('GET / HTTP/1.1', long))).toMatch(/^HTTP\/1\.1 431 /);
    expect(await rawExchange(port, 'NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await rawExchange(port, head('GET / HTTP/1.1', 'content-length: x'))).toMatch(/^HTTP\/1\.1 400 /);
    expect(taken).toEqual([]);
  });
});

describe('a body', () => {
  it('that comes in pieces is read whole', async () => {
    const { port, taken } = await serveReader(100);
    const { socket, received, ended } = await rawConnection(port);
    socket.write(head('POST / HTTP/1.1', 'content-length: 9', 'connection: close'));
    for (const piece of ['abc', 'def', 'ghi']) {
      await pause(10);
      socket.write(piece);
    }
    await ended;
    expect(taken.map(textOf)).toEqual(['abcdefghi']);
    expect(received()).toContain('/ 9');
  });

  it('of just the size that is taken is taken, declared or not', async () => {
    const { url } = await serveReader(70_000);
    const body = 'x'.repeat(70_000);
    expect(await (await fetch(url, { method: 'POST', body })).text()).toBe('/ 70000');
    const inPieces = new Blob([body]).stream();
    expect(await (await fetch(url, { method: 'POST', body: inPieces, duplex: 'half' })).text()).toBe(
      '/ 70000',
    );
  });

  it('that is declared too large is refused before it comes, and its connection ends', async () => {
    const { port, taken } = await serveReader(10);
    const answer = await rawExchange(port, head('POST / HTTP/1.1', 'content-length: 11'));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(taken).toMatchObject([
      { error: { code: 'body-too-large', message: expect.stringContaining('10 bytes') } },
    ]);
  });

  it('that turns out too large is refused then', async () => {
    const { port, taken } = await serveReader(10);
    const { socket, received, ended } = await rawConnection(port);
    socket.write(head('POST / HTTP/1.1', 'transfer-encoding: chunked'));
    socket.write('a\r\n0123456789\r\n');
    await pause(20);
    expect(taken[0]?.error).toBeUndefined();
    socket.write('1\r\nx\r\n');
    await ended;
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
    expect(taken[0]?.error?.code).toBe('body-too-large');
  });

  it.each([
    ['declared', true],
    ['not declared', false],
  ])(
    'of many times the size, %s, does not keep the client from reading why it is refused',
    async (_how, declared) => {
      const { url } = await serveReader(1_000);
      const bytes = new Uint8Array(8_000_000);
      const body = declared ? { body: bytes } : { body: new Blob([bytes]).stream(), duplex: 'half' as const };
      for (let time = 0; time < 5; time += 1) {
        const answer = await fetch(url, {
          method: 'POST',
          ...body,
          ...(!declared && { body: new Blob([bytes]).stream() }),
        });
        expect([answer.status, await answer.text()]).toEqual([413, 'body-too-large']);
      }
    },
  );

  it('that breaks off is refused, and the caller is known to be gone', async () => {
    const { port, taken } = await serveReader(100);
    const { socket } = await rawConnection(port);
    socket.write(head('POST / HTTP/1.1', 'content-length: 50'));
    socket.write('{"password":"half');
    await eventually(() => expect(taken).toHaveLength(1));
    socket.destroy();
    await eventually(() => expect(taken[0]?.error).toBeDefined());
    const [{ error, request } = expect.unreachable()] = taken;
    expect(error).toMatchObject({
      code: 'invalid-input',
      details: { field: 'body', why: 'did not come whole' },
    });
    expect(request.signal.aborted).toBe(true);
  });

  it('that comes too slowly is cut off by Node, whatever was read of it', async () => {
    const { port, taken } = await serveReader(100, { requestTimeout: 60 });
    const answer = await rawExchange(port, `${head('POST / HTTP/1.1', 'content-length: 50')}slow`);
    expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
    await eventually(() => expect(taken[0]?.error?.code).toBe('invalid-input'));
  });

  it('that nobody reads is not taken for the next request', async () => {
    const paths: string[] = [];
    const handle = async ({ path }: ApiRequest) => {
      paths.push(path);
      return plain('refused', 403);
    };
    const { port } = await serve({ handle });
    const within = head('GET /smuggled HTTP/1.1');
    const outside = head('POST /outside HTTP/1.1', `content-length: ${within.length + 10}`);
    const { socket, received, ended } = await rawConnection(port);
    socket.write(outside + within);
    await eventually(() => expect(received()).toContain('refused'));
    socket.write('0123456789');
    await ended;
    expect(paths).toEqual(['/outside']);
    expect(received().match(/HTTP\/1\.1 403/g)).toHaveLength(1);
  });
});

describe('a connection', () => {
  it('serves requests that are sent at once, each with its own body, in their order', async () => {
    const { port, taken } = await serveReader(100);
    const one = `${head('POST /1 HTTP/1.1', 'content-length: 5')}first`;
    const two = `${head('POST /2 HTTP/1.1', 'transfer-encoding: chunked')}6\r\nsecond\r\n0\r\n\r\n`;
    const three = `${head('POST /3 HTTP/1.1', 'content-length: 5', 'connection: close')}third`;
    const answers = await rawExchange(port, one + two + three);
    expect([...answers.matchAll(/\/(\d) (\d+)/g)].map(([text]) => text)).toEqual(['/1 5', '/2 6', '/3 5']);
    expect(taken.map(textOf)).toEqual(['first', 'second', 'third']);
  });

  it('is kept where all of a request was read', async () => {
    const { url } = await serveReader(100);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (const method of ['GET', 'POST', 'HEAD', 'GET']) {
      const sent = httpRequest(url, { agent, method });
      sent.end(method === 'POST' ? 'body' : undefined);
      const [answer] = await once(sent, 'response');
      ports.add(sent.socket?.localPort);
      await buffer(answer);
    }
    expect(ports.size).toBe(1);
    agent.destroy();
  });
});

describe('an answer', () => {
  it('says how long it is, to HEAD too, which gets nothing else', async () => {
    const { url } = await serveReader(0);
    const whole = await fetch(`${url}/some`);
    const headOnly = await fetch(`${url}/some`, { method: 'HEAD' });
    expect(await whole.text()).toBe('/some 0');
    expect(await headOnly.text()).toBe('');
    expect([whole, headOnly].map(({ headers }) => headers.get('content-length'))).toEqual(['7', '7']);
  });

  it('without a body has none', async () => {
    const { url } = await serve({ handle: async () => ({ status: 204, headers: {}, body: undefined }) });
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([
      204,
      null,
      '',
    ]);
  });

  it('that fails to be made ends the connection, and no other', async () => {
    const handle = async ({ path }: ApiRequest) => {
      if (path === '/good') return plain('good');
      throw new TypeError('marked');
    };
    const { port, url } = await serve({ handle });
    expect(await rawExchange(port, head('GET /bad HTTP/1.1'))).toBe('');
    expect(await (await fetch(`${url}/good`)).text()).toBe('good');
  });
});
