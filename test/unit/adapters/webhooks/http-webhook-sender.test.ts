import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import {
  HttpWebhookSender,
  type Resolve,
  type WebhookSenderSettings,
} from '#adapters/webhooks/http-webhook-sender.ts';
import { WebhookError } from '#domain/errors.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import {
  type Answering,
  hanging,
  portOf,
  type Receiver,
  startReceiver,
  status,
} from '#test/support/receiver.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function receiver(answering?: Answering, tls?: { key: string; cert: string }): Promise<Receiver> {
  const started = await startReceiver(answering, tls);
  closers.push(() => started.close());
  return started;
}

/** A server that speaks as the test tells it to, HTTP or not. */
async function rawServer(speak: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    speak(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${portOf(server.address())}/`;
}

const clock = new ManualClock();
const local = { allowedTargets: ['127.0.0.0/8'] };
const sender = (settings: WebhookSenderSettings = local) => new HttpWebhookSender(clock, settings);
const request = (url: string, body = '{"a":"ü"}') => ({ url, headers: { 'webhook-id': 'msg_1' }, body });
const resolvingTo =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

/** How a send failed: its code and its words. */
async function failureOf(sending: Promise<unknown>): Promise<string> {
  const error: unknown = await sending.then(
    () => 'it was answered',
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(WebhookError);
  return error instanceof WebhookError ? `${error.code}: ${error.message}` : '';
}

const refused = 'webhook-target-refused: The webhook leads to an address that nothing is sent to.';
const timedOut = 'webhook-failed: The target did not answer in time.';
const lost = 'webhook-failed: The connection to the target was lost.';

describe('a webhook', () => {
  it('is posted with its headers and its very body, over a connection of its own', async () => {
    const target = await receiver();
    expect(await sender().send(request(`${target.url}?x=1`))).toEqual({ status: 204 });
    expect(target.received).toEqual([
      {
        method: 'POST',
        path: '/hook?x=1',
        headers: {
          'webhook-id': 'msg_1',
          'content-length': '10',
          connection: 'close',
          host: `127.0.0.1:${target.port}`,
        },
        body: '{"a":"ü"}',
      },
    ]);
  });

  it.each([200, 201, 204, 400, 404, 410, 429, 500, 503])('is answered by a status, as %s', async (code) => {
    const target = await receiver(status(code));
    expect(await sender().send(request(target.url))).toEqual({ status: code });
  });

  it('is answered with the pause that the target asks for', async () => {
    const target = await receiver(status(503, { 'retry-after': '120' }));
    expect(await sender().send(request(target.url))).toEqual({ status: 503, retryAfterSeconds: 120 });
    target.answering = status(429, { 'retry-after': 'Mon, 05 Jan 2026 08:01:00 GMT' });
    expect(await sender().send(request(target.url))).toEqual({ status: 429, retryAfterSeconds: 60 });
  });

  it.each([301, 302, 303, 307, 308])('is not sent on where a target redirects it by %s', async (code) => {
    const inside = await receiver();
    const target = await receiver(status(code, { location: inside.url }));
    expect(await sender().send(request(target.url))).toEqual({ status: code });
    expect(inside.received).toEqual([]);
  });
});

describe('an answer', () => {
  it('of any length is read no further than 16 KiB, and its status counts', async () => {
    const written = Promise.withResolvers<number>();
    const endless: Answering = (response, _received, socket) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      socket.on('close', () => written.resolve(socket.bytesWritten));
      more();
    };
    const target = await receiver(endless);
    expect(await sender().send(request(target.url))).toEqual({ status: 200 });
    // What the system's buffers took, and no more than that.
    expect(await written.promise).toBeLessThan(20_000_000);
  });

  it('that breaks off in the middle counts by its status', async () => {
    const target = await receiver((response, _received, socket) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => socket.destroy());
    });
    expect(await sender().send(request(target.url))).toEqual({ status: 200 });
  });

  it('whose body drips counts by its status, once the time is over', async () => {
    const url = await rawServer((socket) => {
      socket.write('HTTP/1.1 202 Accepted\r\ncontent-length: 100000\r\n\r\n');
      const dripping = setInterval(() => socket.write('x'), 5);
      socket.on('close', () => clearInterval(dripping));
    });
    expect(await sender({ ...local, timeoutMilliseconds: 100 }).send(request(url))).toEqual({ status: 202 });
  });

  it('with a final status after informational ones counts by that', async () => {
    const url = await rawServer((socket) => {
      socket.write(
        'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
      );
    });
    expect(await sender().send(request(url))).toEqual({ status: 200 });
  });
});

describe('a target that does not answer', () => {
  const quick = { ...local, timeoutMilliseconds: 100 };

  it('but hangs fails once the time is over', async () => {
    const target = await receiver(hanging);
    expect(await failureOf(sender(quick).send(request(target.url)))).toBe(timedOut);
  });

  it('but drips its headers fails once the time is over', async () => {
    const url = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ');
      const dripping = setInterval(() => socket.write('x'), 5);
      socket.on('close', () => clearInterval(dripping));
    });
    expect(await failureOf(sender(quick).send(request(url)))).toBe(timedOut);
  });

  it('but has a name that is never resolved fails once the time is over', async () => {
    const resolve: Resolve = () => new Promise(() => {});
    const sending = sender({ ...quick, resolve }).send(request('https://hooks.example.org/'));
    expect(await failureOf(sending)).toBe(timedOut);
  });

  it('and hung is left alone for a while, and then tried again', async () => {
    const moving = new ManualClock();
    const target = await receiver(hanging);
    const one = new HttpWebhookSender(moving, quick);
    await failureOf(one.send(request(target.url)));
    target.answering = status(204);
    expect(await failureOf(one.send(request(target.url)))).toBe(
      'webhook-failed: The target hung, and is left alone for a while.',
    );
    expect(target.received).toHaveLength(1);
    moving.advance(4_000);
    expect(await one.send(request(target.url))).toEqual({ status: 204 });
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['closes before it answers', (socket) => socket.on('data', () => socket.destroy()), lost],
    ['resets the connection', (socket) => socket.on('data', () => socket.resetAndDestroy()), lost],
    ['closes in the middle of its headers', (socket) => socket.end('HTTP/1.1 200 OK\r\nx-a'), lost],
    [
      'speaks something else',
      (socket) => socket.end('220 mail.example.org ESMTP\r\n'),
      'webhook-failed: The target did not answer in HTTP.',
    ],
    [
      'sends headers without end',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`),
      'webhook-failed: The target did not answer in HTTP.',
    ],
    [
      'switches to another protocol',
      (socket) =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n'),
      lost,
    ],
  ])('but %s fails', async (_what, speak, failure) => {
    expect(await failureOf(sender().send(request(await rawServer(speak))))).toBe(failure);
  });

  it('since nobody listens there fails', async () => {
    const target = await receiver();
    await target.close();
    closers.length = 0;
    expect(await failureOf(sender().send(request(target.url)))).toBe(
      'webhook-failed: The target refused the connection.',
    );
  });

  it('since its name leads nowhere fails', async () => {
    const resolve: Resolve = async () => {
      throw Object.assign(new Error('queryA'), { code: 'ENOTFOUND' });
    };
    const sending = sender({ resolve }).send(request('https://no-such-host.invalid/'));
    expect(await failureOf(sending)).toBe('webhook-failed: The name of the target was not found.');
    const nowhere = sender({ resolve: resolvingTo() }).send(request('https://hooks.example.org/'));
    expect(await failureOf(nowhere)).toBe(refused);
  });
});

describe('a target inside', () => {
  it.each([
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '::1',
    '::ffff:127.0.0.1',
    'fd00::1',
    '64:ff9b::7f00:1',
    '0.0.0.0',
  ])('that a public name leads to is refused: %s', async (address) => {
    const sending = sender({ resolve: resolvingTo(address) }).send(request('https://hooks.example.org/'));
    expect(await failureOf(sending)).toBe(refused);
  });

  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '127.1',
    '[::ffff:127.0.0.1]',
    '[::1]',
    'localhost',
    'a.localhost',
    '0.0.0.0',
  ])('is refused however it is written, though it was registered once: %s', async (host) => {
    const target = await receiver();
    for (const protocol of ['http', 'https']) {
      const sending = sender({}).send(request(`${protocol}://${host}:${target.port}/`));
      expect(await failureOf(sending)).toBe(refused);
    }
    expect(target.received).toEqual([]);
  });

  it('is refused where the name led outside before: what is checked is what is connected to', async () => {
    const target = await receiver();
    const answers = [['93.184.215.14'], ['127.0.0.1']];
    const resolve: Resolve = (name) => resolvingTo(...(answers.shift() ?? []))(name);
    const rebinding = sender({ resolve, timeoutMilliseconds: 50 });
    expect(await resolve('hooks.example.org')).toEqual([{ address: '93.184.215.14', family: 4 }]);
    const sending = rebinding.send(request(`https://hooks.example.org:${target.port}/`));
    expect(await failureOf(sending)).toBe(refused);
    expect(target.received).toEqual([]);
  });

  it('is left out where a name leads there too: only what is open is connected to', async () => {
    const target = await receiver();
    const resolve = resolvingTo('10.255.255.1', '::1', '127.0.0.1');
    const answer = await sender({ ...local, resolve }).send(
      request(`http://hooks.example.org:${target.port}/`),
    );
    expect(answer).toEqual({ status: 204 });
    expect(target.received[0]?.headers['host']).toBe(`hooks.example.org:${target.port}`);
  });

  it('that was opened does not open the rest, nor HTTP to a public address', async () => {
    const resolve = resolvingTo('10.0.0.1');
    expect(await failureOf(sender({ ...local, resolve }).send(request('https://hooks.example.org/')))).toBe(
      refused,
    );
    const publicly = sender({ ...local, resolve: resolvingTo('93.184.215.14') });
    expect(await failureOf(publicly.send(request('http://hooks.example.org/')))).toBe(refused);
  });

  it('is found by the name of this machine, if it was opened', async () => {
    const target = await receiver();
    expect(await sender().send(request(`http://localhost:${target.port}/`))).toEqual({ status: 204 });
  });
});

describe('over TLS', () => {
  const folder = temporaryFolder();

  function certificate(name: string) {
    const [key, cert] = [folder(`${name}.key`), folder(`${name}.pem`)];
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
    const made = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
    ];
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...subject, ...made], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  }

  it('a target is sent to only under a certificate that is trusted and of its name', async () => {
    const tls = certificate('hooks.example.org');
    const target = await receiver(undefined, tls);
    const settings = { ...local, resolve: resolvingTo('127.0.0.1') };
    const trusting = sender({ ...settings, certificateAuthorities: tls.cert });
    const named = (name: string) => request(`https://${name}:${target.port}/`);
    expect(await trusting.send(named('hooks.example.org'))).toEqual({ status: 204 });
    const untrusted = 'webhook-failed: The certificate of the target is not trusted.';
    expect(await failureOf(trusting.send(named('other.example.org')))).toBe(untrusted);
    expect(await failureOf(sender(settings).send(named('hooks.example.org')))).toBe(untrusted);
    expect(target.received).toHaveLength(1);
  });

  it('a target that never finishes its handshake fails once the time is over', async () => {
    const url = (await rawServer(() => {})).replace('http:', 'https:');
    expect(await failureOf(sender({ ...local, timeoutMilliseconds: 100 }).send(request(url)))).toBe(timedOut);
  });
});

describe('the environment', () => {
  it('names no proxy for webhooks, though it does for others', async () => {
    const proxy = await receiver(status(201));
    const target = await receiver(status(202));
    const HTTP_PROXY = `http://127.0.0.1:${proxy.port}`;
    const env = {
      ...process.env,
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY,
      http_proxy: HTTP_PROXY,
      NO_PROXY: '',
      no_proxy: '',
    };
    const script = fileURLToPath(new URL('../children/send-webhook.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, target.url], { env });
    expect(stdout).toBe('202 201\n');
  });
});
