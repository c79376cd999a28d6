import { expect, it } from 'vitest';
import { ada, apiSubject } from './api-subject.ts';

/** An API whose answers are streams that go on until they are let go of. */
function streaming() {
  const state = { begun: 0, ended: 0 };
  async function* endless(): AsyncGenerator<string> {
    state.begun += 1;
    try {
      for (;;) yield 'piece';
    } finally {
      state.ended += 1;
    }
  }
  return { state, ...apiSubject(async () => ({ stream: endless() })) };
}

type Subject = ReturnType<typeof streaming>;

/** Begins to read a stream. @returns what lets go of it */
async function follow({ ask }: Subject, authorization = 'ada'): Promise<() => Promise<unknown>> {
  const { body } = await ask('GET', '/things/one', { headers: { authorization } });
  if (body === undefined || body instanceof Uint8Array) throw new TypeError('no stream');
  const pieces = body[Symbol.asyncIterator]();
  expect(await pieces.next()).toEqual({ done: false, value: 'piece' });
  return async () => await pieces.return?.();
}

it('gives one caller ten streams at once, and another one as soon as one has ended', async () => {
  const subject = streaming();
  const closers = await Promise.all(Array.from({ length: 10 }, () => follow(subject)));
  const refused = await subject.ask('GET', '/things/one');
  expect([refused.status, refused.json.code]).toEqual([429, 'too-many-requests']);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(subject.state).toEqual({ begun: 10, ended: 0 });
  await closers[0]?.();
  await follow(subject);
  expect((await subject.ask('GET', '/things/one')).status).toBe(429);
});

it('counts each caller apart, whose organizations have subjects of the same name among them', async () => {
  const subject = streaming();
  subject.principals.set('ada of globex', { ...ada, organization: 'globex' });
  for (let stream = 0; stream < 10; stream++) await follow(subject);
  await follow(subject, 'ada of globex');
});

it('ends at once those that are too many among several that came at the same moment', async () => {
  const subject = streaming();
  const answers = await Promise.all(Array.from({ length: 12 }, () => subject.ask('GET', '/things/one')));
  const firsts = answers.map(async ({ body }) => {
    if (body === undefined || body instanceof Uint8Array) throw new TypeError('no stream');
    return (await body[Symbol.asyncIterator]().next()).done;
  });
  expect((await Promise.all(firsts)).filter((done) => done === true)).toHaveLength(2);
  expect(subject.state.begun).toBe(10);
});

it('counts no stream that nobody began to read, as after a request for its head', async () => {
  const subject = streaming();
  for (let head = 0; head < 20; head++) expect((await subject.ask('HEAD', '/things/one')).status).toBe(200);
});
