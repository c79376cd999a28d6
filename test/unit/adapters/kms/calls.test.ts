import { setImmediate } from 'node:timers/promises';
import { KMS } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { KmsCalls } from '#adapters/kms/calls.ts';
import { ProviderError } from '#domain/errors.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';
import { refusal } from '../aws/refusal.ts';
import { context, openedKms } from './opened-kms.ts';

const message = Buffer.from('message');

function named(name: string, text = name): Error {
  const error = new Error(text);
  error.name = name;
  return error;
}

/** Calls over a client that is never asked: what a request does is told by each test. */
function callsWith(milliseconds: number, random = 1) {
  const waiting = fakeWaiting(random);
  return { waiting, calls: new KmsCalls(new KMS({ region: 'eu-central-1' }), milliseconds, waiting) };
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
const notSent = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

describe('a call', () => {
  it('is repeated after longer and longer waits', async () => {
    const { calls, waiting } = callsWith(60_000);
    expect(await calls.call(failing(throttled, throttled, lost, notSent))).toBe(5);
    expect(waiting.slept).toEqual([50, 100, 200, 400]);
  });

  it('is given up at once where the next wait would outlast the time left', async () => {
    const { calls, waiting } = callsWith(400);
    const endless = failing(...Array.from({ length: 100 }, () => throttled));
    expect((await refusal(calls.call(endless))).code).toBe('provider-busy');
    expect(waiting.slept).toEqual([50, 100, 200]);
  });

  it('keeps to the deadline of its caller where that is sooner', async () => {
    const { calls, waiting } = callsWith(60_000);
    const endless = failing(...Array.from({ length: 100 }, () => throttled));
    const deadline = new Date(waiting.now() + 100);
    expect((await refusal(calls.call(endless, { deadline }))).code).toBe('provider-busy');
    expect(waiting.slept).toEqual([50]);
  });

  it('is not repeated where that changes nothing', async () => {
    const { calls, waiting } = callsWith(60_000);
    const error = await refusal(calls.call(failing(named('DisabledException'))));
    expect(error.code).toBe('key-disabled');
    expect(waiting.slept).toEqual([]);
  });

  it('that may have been done is not repeated where it must not be done twice', async () => {
    const { calls, waiting } = callsWith(60_000);
    const once = { repeatable: false };
    expect((await refusal(calls.call(failing(lost), {}, once))).code).toBe('provider-unavailable');
    expect(waiting.slept).toEqual([]);
    expect(await calls.call(failing(throttled, notSent), {}, once)).toBe(3);
  });

  it('waits for a key that was made moments ago, and for no other', async () => {
    const { calls } = callsWith(60_000);
    const unseen = [named('NotFoundException'), named('KMSInvalidStateException', 'x is pending import.')];
    expect(await calls.call(failing(...unseen), {}, { fresh: true })).toBe(3);
    expect((await refusal(calls.call(failing(...unseen)))).code).toBe('key-not-found');
  });

  it('means by an error what its caller says', async () => {
    const { calls } = callsWith(60_000);
    const meanings = { ValidationException: 'wrapped-key-invalid' } as const;
    const error = await refusal(calls.call(failing(named('ValidationException')), {}, { meanings }));
    expect(error.code).toBe('wrapped-key-invalid');
  });

  it('ends while it waits when its caller gives up', async () => {
    const { calls, waiting } = callsWith(60_000);
    const controller = new AbortController();
    const sleep = async (_: number, signal?: AbortSignal) => {
      controller.abort();
      signal?.throwIfAborted();
    };
    const impatient = new KmsCalls(new KMS({ region: 'eu-central-1' }), 60_000, { ...waiting, sleep });
    const error = await refusal(impatient.call(failing(throttled), controller));
    expect(error.code).toBe('operation-cancelled');
    await calls.close();
  });

  it('ends its request when its caller gives up', async () => {
    const { calls } = callsWith(60_000);
    const controller = new AbortController();
    let ended: AbortSignal | undefined;
    const error = refusal(
      calls.call((_, { abortSignal }) => {
        ended = abortSignal;
        return new Promise(() => {});
      }, controller),
    );
    controller.abort();
    expect((await error).code).toBe('operation-cancelled');
    expect(ended?.aborted).toBe(true);
  });

  it('ends its request when time is over', async () => {
    const { calls } = callsWith(5);
    const error = await refusal(calls.call(() => new Promise(() => {})));
    expect(error.code).toBe('provider-unavailable');
  });
});

describe('whole work', () => {
  it('is waited for by close, with its undoing', async () => {
    const { calls } = callsWith(60_000);
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<string>();
    const undone: string[] = [];
    const outcome = refusal(
      calls.whole(
        controller,
        () => promise,
        async (late) => undone.push(late),
      ),
    );
    controller.abort();
    expect((await outcome).code).toBe('operation-cancelled');
    let isClosed = false;
    const closed = calls.close().then(() => {
      isClosed = true;
    });
    await setImmediate();
    expect(isClosed).toBe(false);
    resolve('made');
    await closed;
    expect(undone).toEqual(['made']);
  });

  it('is not begun, and nothing called, once closed', async () => {
    const { calls } = callsWith(60_000);
    await calls.close();
    const whole = calls.whole(undefined, failing(), () => undefined);
    expect((await refusal(whole)).code).toBe('provider-unavailable');
    expect((await refusal(calls.call(failing()))).message).toContain('closed');
  });
});

describe('over the wire', () => {
  it('throttling passes unseen while time is left', async () => {
    const { provider, double, waiting } = await openedKms();
    double.faults.throttle('GenerateMac', 5);
    expect(await provider.mac(message)).toHaveLength(32);
    expect(waiting.slept).toEqual([50, 100, 200, 400, 800]);
  });

  it('throttling without an end is told as such', async () => {
    const { exportable, double } = await openedKms({ callMilliseconds: 2_000, keySource: 'kms' });
    double.faults.throttle('GenerateDataKeyPair', 1_000);
    const error = await refusal(exportable.generate('ECC_NIST_P256', context));
    expect(error.code).toBe('provider-busy');
    expect(error.message).toContain('quotas');
  });

  it('what failed inside, was cut off or lost its answer is asked for again', async () => {
    const { provider, double } = await openedKms();
    const same = Buffer.from(await provider.mac(message));
    double.faults.plan('GenerateMac', { kind: 'refuse', type: 'KMSInternalException', status: 500 }, 1);
    double.faults.plan('GenerateMac', { kind: 'cut' }, 1);
    double.faults.plan('GenerateMac', { kind: 'lose-answer' }, 1);
    expect(same.equals(await provider.mac(message))).toBe(true);
  });

  it('the SDK sends each request once', async () => {
    const { provider, double, operations, waiting } = await openedKms();
    double.faults.plan('GenerateMac', { kind: 'lose-answer' });
    const error = await refusal(provider.mac(message));
    expect(error).toBeInstanceOf(ProviderError);
    expect(operations()).toEqual(['GenerateMac', ...waiting.slept.map(() => 'GenerateMac')]);
  });

  it('a wrong clock is corrected, and nothing else is asked for again because of it', async () => {
    const { provider, resident, double, waiting } = await openedKms();
    double.faults.aheadMilliseconds = 3_600_000;
    expect(await provider.mac(message)).toHaveLength(32);
    expect(waiting.slept).toEqual([50]);
    double.faults.aheadMilliseconds += 10_000;
    const error = await refusal(resident.sign('nobody', 'ECDSA_SHA256', message));
    expect(error.code).toBe('key-not-found');
    expect(waiting.slept).toEqual([50]);
  });

  it('no connection stays open once the provider is closed', async () => {
    const { provider } = await openedKms();
    await Promise.all(Array.from({ length: 8 }, () => provider.mac(message)));
    await provider.close();
    await expect.poll(() => process.getActiveResourcesInfo()).not.toContain('TCPSocketWrap');
  });

  it('an answer that never comes ends with the time of the caller', async () => {
    const { provider, double } = await openedKms();
    double.faults.plan('GenerateMac', { kind: 'never-answer' });
    const deadline = new Date(Date.now() + 50);
    expect((await refusal(provider.mac(message, { deadline }))).code).toBe('provider-unavailable');
  });
});
