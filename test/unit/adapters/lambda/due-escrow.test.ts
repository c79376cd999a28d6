import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LambdaDueEscrow } from '#adapters/lambda/due-escrow.ts';
import { Secret } from '#domain/secret.ts';
import type { Unlocking } from '#domain/unlocking.ts';
import { answerDueEscrow } from '#lambdas/make-key-pair/answer-due-escrow.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { type Loopback, onLoopback } from '#test/doubles/loopback.ts';
import { MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { enrollment as enrollmentOf } from '#test/support/enrollment.ts';
import { thrownBy } from '#test/support/refused.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';

const asked: { path: string; order: unknown }[] = [];
const made = (response: ServerResponse) => response.end('{"made":true}');
let answer: (response: ServerResponse) => unknown = made;
const server = createServer(async (request, response) => {
  asked.push({ path: request.url ?? '', order: JSON.parse(await text(request)) });
  answer(response);
});
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
  asked.length = 0;
  answer = made;
  await loopback.close();
});

const enrollment = enrollmentOf({ id: 'enr-1' });
const password = () => Secret.fromText('marked secret \u00fc');
const base64 = Buffer.from('marked secret \u00fc').toString('base64');

async function make(unlocking: Unlocking, more: { authTime?: number } = {}) {
  const registry = new MemoryRegistry(new ManualClock());
  await registry.create(enrollment);
  const escrow = new LambdaDueEscrow('makes-encryption', registry, { waiting: fakeWaiting() });
  return await escrow.make({ enrollment, unlocking, requestId: 'req-1', ...more });
}

it.each([
  ['a password', { password: password() }, { password: base64 }],
  ['a wrapped key', { wrappedKey: Uint8Array.of(1, 2, 3) }, { wrappedKey: 'AQID' }],
  ['nothing, of a held key', { held: true }, { held: true }],
] as const)(
  'hands %s to the one function, and gives the enrollment as it stands then',
  async (_what, unlocking, sent) => {
    expect(await make(unlocking, { authTime: 7 })).toMatchObject({ id: 'enr-1', organization: 'acme' });
    const order = {
      organization: 'acme',
      enrollmentId: 'enr-1',
      unlocking: sent,
      authTime: 7,
      requestId: 'req-1',
    };
    expect(asked).toStrictEqual([{ path: '/2015-03-31/functions/makes-encryption/invocations', order }]);
  },
);

it('tells what the function says went wrong', async () => {
  answer = (response) => response.end('{"error":{"code":"wrong-password","why":"It is not this one."}}');
  const error = await thrownBy(() => make({ password: password() }));
  expect(error).toMatchObject({ code: 'wrong-password', details: { why: 'It is not this one.' } });
});

it('asks once, since the escrow may stand, and says nothing of what it sent', async () => {
  answer = (response) => response.destroy();
  const error = await thrownBy(() => make({ password: password() }));
  expect([error.code, asked.length]).toEqual(['store-unavailable', 1]);
  const { inspect } = await import('node:util');
  const said = inspect(error, { depth: 9, showHidden: true });
  expect(said).not.toContain('marked secret');
  expect(said).not.toContain(base64);
});

it.each([
  ['of nothing', {}],
  ['that opens by two things', { unlocking: { password: base64, held: true } }],
  ['of a password that is no base64', { unlocking: { password: '!' } }],
  ['with more', { unlocking: { held: true }, more: 1 }],
])('an order %s is none, whoever sends it', async (_what, change) => {
  const order = { organization: 'acme', enrollmentId: 'enr-1', requestId: 'r-1', ...change };
  const error = await thrownBy(() => answerDueEscrow({} as never, order));
  expect(error.code).toBe('invalid-input');
  expect(JSON.stringify([error.message, error.details])).not.toContain(base64);
});
