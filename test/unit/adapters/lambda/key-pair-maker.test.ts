import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openLambda } from '#adapters/lambda/client.ts';
import { LambdaKeyPairMaker } from '#adapters/lambda/key-pair-maker.ts';
import { StoreError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { type Loopback, onLoopback } from '#test/doubles/loopback.ts';
import { MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { enrollment as enrollmentOf } from '#test/support/enrollment.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';

interface Asked {
  path: string;
  order: Record<string, unknown>;
}

/** What stands in for AWS Lambda: each request is answered by the next of these. */
const answers: ((response: ServerResponse) => void)[] = [];
const asked: Asked[] = [];
const server = createServer(async (request, response) => {
  asked.push({ path: request.url ?? '', order: JSON.parse(await text(request)) });
  const answer = answers.shift() ?? replying({ made: true });
  answer(response);
});

function replying(reply: unknown, headers = {}): (response: ServerResponse) => void {
  return (response) => response.writeHead(200, headers).end(JSON.stringify(reply));
}

function refusing(status: number, type: string): (response: ServerResponse) => void {
  return (response) =>
    response
      .writeHead(status, { 'x-amzn-errortype': type, 'content-type': 'application/json' })
      .end('{"message":"as AWS says it"}');
}

let loopback: Loopback;

beforeEach(async () => {
  loopback = await onLoopback(server);
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', loopback.endpoint);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  answers.length = 0;
  asked.length = 0;
  await loopback.close();
});

const enrollment = enrollmentOf({ id: 'enr-1' });
const password = Secret.fromText('marked secret ü');

/** Asks for a key pair. */
async function make({
  lambda = openLambda({ waiting: fakeWaiting() }),
  ...more
}: {
  lambda?: ReturnType<typeof openLambda>;
  setBy?: string;
  recordNow?: () => Promise<string>;
} = {}) {
  const registry = new MemoryRegistry(new ManualClock());
  await registry.create(enrollment);
  const names = { identity: 'makes-identity', encryption: 'makes-encryption' };
  const maker = new LambdaKeyPairMaker(lambda, names, registry);
  return await maker.make({ enrollment, password, requestId: 'req-1', ...more });
}

describe('the maker of key pairs on AWS Lambda', () => {
  it('records that the password is set before it asks, and asks nobody where that cannot be', async () => {
    const order: number[] = [];
    const recordNow = async () => {
      order.push(asked.length);
      return 'led_1';
    };
    await make({ recordNow });
    expect([order, asked.length]).toEqual([[0], 1]);
    const gone = new StoreError('store-unavailable');
    await expect(make({ recordNow: () => Promise.reject(gone) })).rejects.toBe(gone);
    expect(asked).toHaveLength(1);
  });

  it('calls the function of the purpose, and gives the enrollment as it stands then', async () => {
    expect(await make({ setBy: 'set-1' })).toMatchObject({ id: 'enr-1', organization: 'acme' });
    const order = {
      ...{ organization: 'acme', enrollmentId: 'enr-1', purpose: enrollment.purpose },
      ...{ password: Buffer.from('marked secret ü').toString('base64'), setBy: 'set-1', requestId: 'req-1' },
    };
    expect(asked).toStrictEqual([
      { path: `/2015-03-31/functions/makes-${enrollment.purpose}/invocations`, order },
    ]);
  });

  it("throws the function's error, with all that it says", async () => {
    const issues = [{ field: 'password', why: 'is short', next: 'Lengthen it.' }];
    const said = { field: 'password', why: 'is short', next: 'Lengthen it.', issues };
    answers.push(replying({ error: { code: 'password-too-weak', ...said } }));
    const failure = await make().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'password-too-weak', details: said, retryable: false });
  });

  it.for([
    ['an answer that is none', replying({ enrollment: {} })],
    ['no answer', (response: ServerResponse): void => void response.destroy()],
    [
      'an answer that is no JSON',
      (response: ServerResponse): void => void response.writeHead(200).end('<html>'),
    ],
    [
      'a function that failed',
      replying({ errorType: 'Runtime.ExitError' }, { 'x-amz-function-error': 'Unhandled' }),
    ],
    ['a service that failed inside', refusing(500, 'ServiceException')],
  ] as const)('does not ask again after %s, since the key pair may stand', async ([, answer]) => {
    answers.push(answer);
    await expect(make()).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(asked).toHaveLength(1);
  });

  it('asks again where nothing was begun', async () => {
    answers.push(refusing(429, 'TooManyRequestsException'));
    expect(await make()).toMatchObject({ id: 'enr-1' });
    expect(asked).toHaveLength(2);
  });

  it('takes a connection of its own for each call: one that was kept while the function slept may be dead', async () => {
    const lambda = openLambda({ waiting: fakeWaiting() });
    const used = new WeakSet<object>();
    server.prependListener('request', (request: IncomingMessage) => {
      if (used.has(request.socket)) request.socket.destroy();
      used.add(request.socket);
    });
    await make({ lambda });
    await expect(make({ lambda })).resolves.toMatchObject({ id: 'enr-1' });
    expect(asked).toHaveLength(2);
  });

  it('says so where there is no such function', async () => {
    answers.push(refusing(404, 'ResourceNotFoundException'));
    await expect(make()).rejects.toMatchObject({ code: 'store-misconfigured' });
  });

  it('takes a code that it does not know for a failure inside', async () => {
    answers.push(replying({ error: { code: 'constructor', why: 'of a newer version' } }));
    await expect(make()).rejects.toMatchObject({ code: 'internal' });
  });

  it('says nothing of the password, whatever happens', async () => {
    answers.push(refusing(400, 'InvalidRequestContentException'));
    const failure = await make().catch((error: unknown) => error);
    const { inspect } = await import('node:util');
    const said = inspect(failure, { depth: 9, showHidden: true });
    expect(said).not.toContain('marked secret');
    expect(said).not.toContain(Buffer.from('marked secret ü').toString('base64'));
  });
});
