import { describe, expect, it } from 'vitest';
import { type StoreCallSettings, StoreCalls } from '#adapters/aws/store-calls.ts';
import type { StoreService } from '#adapters/aws/store-errors.ts';
import { StateError } from '#domain/errors.ts';
import { fakeWaiting } from './fake-waiting.ts';
import { refusal } from './refusal.ts';

const service: StoreService = {
  name: 'Amazon Shelf',
  page: 'docs/shelf.md',
  meanings: {
    NoSuchShelf: { code: 'store-misconfigured', effect: 'final', why: 'there is no such shelf' },
    ShelfFell: { code: 'store-unavailable', effect: 'unknown' },
  },
};

function named(name: string, text = name): Error {
  const error = new Error(text);
  error.name = name;
  return error;
}

/** Calls over a client that is never asked: what a request does is told by each test. */
function callsWith(settings: StoreCallSettings = {}) {
  const waiting = fakeWaiting();
  return { waiting, calls: new StoreCalls('the client', service, { waiting, ...settings }) };
}

/** A request that fails with these, one after another, and then gives its number. */
function failing(...errors: Error[]) {
  let asked = 0;
  return async () => {
    asked += 1;
    const error = errors[asked - 1];
    if (error !== undefined) throw error;
    return asked;
  };
}

const throttled = named('ThrottlingException');
const lost = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
const taken = Object.assign(named('Taken'), { $metadata: { httpStatusCode: 400 } });

describe('a call of a store', () => {
  it('is repeated after longer and longer waits', async () => {
    const { calls, waiting } = callsWith();
    expect(await calls.call(failing(throttled, named('SlowDown'), lost, named('ShelfFell')))).toBe(5);
    expect(waiting.slept).toEqual([50, 100, 200, 400]);
  });

  it('is given up at once where the next wait would outlast the time left', async () => {
    const { calls, waiting } = callsWith({ callMilliseconds: 400 });
    const error = await refusal(calls.call(failing(...Array.from({ length: 9 }, () => throttled))));
    expect(error).toMatchObject({ code: 'store-unavailable', retryable: true, cause: throttled });
    expect(error.message).toContain('Amazon Shelf throttles');
    expect(waiting.slept).toEqual([50, 100, 200]);
  });

  it('that may have been done is not repeated where it must not be done twice', async () => {
    const { calls, waiting } = callsWith();
    const once = { repeatable: false };
    expect((await refusal(calls.call(failing(lost), once))).code).toBe('store-unavailable');
    expect(waiting.slept).toEqual([]);
    expect(await calls.call(failing(throttled), once)).toBe(2);
  });

  it('gives up a request that is not answered, and ends it', async () => {
    const { calls, waiting } = callsWith({ requestMilliseconds: 5 });
    const ended: AbortSignal[] = [];
    const answer = calls.call((_, { abortSignal }) => {
      ended.push(abortSignal);
      return ended.length < 3 ? new Promise<string>(() => {}) : Promise.resolve('there');
    });
    expect(await answer).toBe('there');
    expect(ended.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    expect(waiting.slept).toEqual([50, 100]);
  });

  it('says that the service did not answer in time, and nothing of keys', async () => {
    const { calls } = callsWith({ callMilliseconds: 20, requestMilliseconds: 5 });
    const error = await refusal(calls.call(() => new Promise(() => {})));
    expect(error).toMatchObject({
      code: 'store-unavailable',
      message: 'Amazon Shelf did not answer in time',
    });
  });

  it('takes an error for an answer where its caller says so, and tells whether it was done before', async () => {
    const { calls } = callsWith();
    const answers = { Taken: (doubtful: boolean) => (doubtful ? 'perhaps by us' : 'by another') };
    const ask = (...errors: Error[]) => calls.call<number | string>(failing(...errors), { answers });
    expect(await ask(taken)).toBe('by another');
    expect(await ask(throttled, taken)).toBe('by another');
    expect(await ask(lost, taken)).toBe('perhaps by us');
    expect(await ask(lost)).toBe(2);
    expect((await refusal(calls.call(failing(taken)))).code).toBe('internal');
  });

  it('throws what an answer throws, with the error at hand', async () => {
    const { calls } = callsWith();
    const answers = {
      Taken: (_: boolean, cause: unknown) => {
        throw new StateError('already-exists', { cause });
      },
    };
    expect(await refusal(calls.call(failing(taken), { answers }))).toMatchObject({
      code: 'already-exists',
      cause: taken,
    });
  });

  it('is not repeated where that changes nothing', async () => {
    const { calls, waiting } = callsWith();
    const error = await refusal(calls.call(failing(named('NoSuchShelf'))));
    expect(error).toMatchObject({ code: 'store-misconfigured', message: 'there is no such shelf' });
    expect(waiting.slept).toEqual([]);
  });
});
