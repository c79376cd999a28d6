import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retries } from '#contract/subscriptions.ts';
import { errorTable } from '#domain/error-codes.ts';
import {
  InputError,
  LockError,
  ProviderError,
  StateError,
  StoreError,
  WebhookError,
} from '#domain/errors.ts';
import { afterFailure, keptOf, triesOf } from '#runtime/delivery.ts';
import { acceptedEvent } from '#test/contract/records.ts';
import { requestData } from '#test/support/world.ts';

const usual = retries['make-encryption-key-pair'];
const webhooks = retries['deliver-webhook'];

const passing = [
  new StoreError('store-unavailable'),
  new ProviderError('provider-unavailable'),
  new StateError('making-in-progress'),
  new TypeError('a bug, which may be gone after the next deployment'),
  'not even an error',
];
const lasting = [
  new InputError('invalid-input'),
  new LockError('wrong-password'),
  new ProviderError('provider-misconfigured'),
  new StoreError('object-missing'),
];

describe('after a failure that may pass', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 8],
    [5, 60],
    [6, 300],
    [7, 900],
    [8, 3_600],
  ])('the %s. receive is followed by a delay of %s seconds at most', (receiveCount, most) => {
    for (const error of passing) {
      expect(afterFailure(usual, error, receiveCount, 1)).toEqual({ retryAfterSeconds: most });
      expect(afterFailure(usual, error, receiveCount, 0.5)).toEqual({ retryAfterSeconds: most * 0.75 });
      expect(afterFailure(usual, error, receiveCount, 0)).toEqual({ retryAfterSeconds: most / 2 });
    }
  });

  it('the ninth try is the last', () => {
    for (const receiveCount of [9, 10, 100]) {
      expect(afterFailure(usual, new StoreError('store-unavailable'), receiveCount)).toEqual({
        bury: 'store-unavailable',
      });
    }
    expect(afterFailure(usual, new TypeError('a bug'), 9)).toEqual({ bury: 'internal' });
  });

  it('the last try comes no sooner than 40 minutes after the first, however the delays fall', () => {
    const shortest = usual.pauses.map((_, index) => afterFailure(usual, passing[0], index + 1, 0));
    const seconds = shortest.map((each) =>
      'retryAfterSeconds' in each ? each.retryAfterSeconds : Number.NaN,
    );
    expect(seconds.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(40 * 60);
  });

  it('delays are spread, and at most an hour', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (count, random) => {
          const disposition = afterFailure(usual, passing[0], count, random);
          if (!('retryAfterSeconds' in disposition)) throw new TypeError('given up');
          expect(disposition.retryAfterSeconds).toBeGreaterThanOrEqual(0.5);
          expect(disposition.retryAfterSeconds).toBeLessThanOrEqual(3_600);
        },
      ),
    );
    const delays = Array.from({ length: 50 }, () => JSON.stringify(afterFailure(usual, passing[0], 4)));
    expect(new Set(delays).size).toBeGreaterThan(10);
  });
});

describe('after a failure that will not pass', () => {
  it('there is no retry, at any receive', () => {
    for (const error of lasting) expect(afterFailure(usual, error, 1)).toEqual({ bury: error.code });
  });

  it('is one of the codes that say so', () => {
    for (const error of lasting) expect(errorTable[error.code].retry).toBe(false);
  });
});

describe('after a webhook failed', () => {
  const failed = (retryAfterSeconds?: number) =>
    new WebhookError('webhook-failed', retryAfterSeconds === undefined ? {} : { retryAfterSeconds });

  it.each(webhooks.pauses.map((pause, index) => [index + 1, pause] as const))(
    'the %s. time, the next try comes after %s seconds and little more',
    (receiveCount, pause) => {
      expect(afterFailure(webhooks, failed(), receiveCount, 0)).toEqual({ retryAfterSeconds: pause });
      const latest = afterFailure(webhooks, failed(), receiveCount, 1);
      expect(latest).toEqual({ retryAfterSeconds: expect.closeTo(pause * 1.1) });
    },
  );

  it('the eighth time was the last', () => {
    expect(afterFailure(webhooks, failed(60), 8)).toEqual({ bury: 'webhook-failed' });
  });

  it.each([
    ['sooner than planned, the plan stands', 1, 300],
    ['later than planned, it is waited for', 900, 900],
    ['for an age, it is waited for twelve hours', 1e9, 43_200],
  ])('and the target asks to be tried %s', (_what, asked, expected) => {
    expect(afterFailure(webhooks, failed(asked), 2, 0)).toEqual({ retryAfterSeconds: expected });
  });

  it('nobody else may ask for a pause', () => {
    const error = new StoreError('store-unavailable', { retryAfterSeconds: 900 });
    expect(afterFailure(usual, error, 1, 1)).toEqual({ retryAfterSeconds: 1 });
  });

  it('for good, by a target that nothing is sent to, there is no other try', () => {
    const error = new WebhookError('webhook-target-refused');
    expect(afterFailure(webhooks, error, 1)).toEqual({ bury: 'webhook-target-refused' });
  });
});

describe('how often a message was tried', () => {
  it.each([
    ['at once', 1, 0, 1],
    ['after the first pause', 2, 5, 2],
    ['given back untried, four times, in the first seconds', 5, 4, 1],
    ['given back untried between two tries', 4, 305, 3],
    ['later than planned', 3, 86_400 * 3, 3],
  ])('%s: received %s times in %s seconds, tried %s times', (_what, receives, age, tries) => {
    expect(triesOf(webhooks, receives, age)).toBe(tries);
  });

  it.each([
    ['webhooks', webhooks, 1],
    ['the others', usual, 0.5],
  ])('reaches the last try, for whoever keeps to the shortest pauses: of %s', (_whose, policy, least) => {
    let age = 0;
    for (const [index, pause] of policy.pauses.entries()) {
      expect(triesOf(policy, index + 1, age)).toBe(index + 1);
      // Given back as often as you like, no try is used up before its time.
      expect(triesOf(policy, index + 5, age)).toBe(index + 1);
      age += pause * least;
    }
    const last = policy.pauses.length + 1;
    expect(triesOf(policy, last, age)).toBe(last);
  });
});

describe('what of a message goes to the dead letters', () => {
  const message = { receipt: 'r', consumer: 'maker', event: acceptedEvent('e-1'), receiveCount: 1 };

  it.each(['invalid-input', 'idempotency-mismatch', 'not-permitted'] as const)(
    'leaves out the data for %s',
    (code) => {
      expect(keptOf(message, code)).toEqual({ ...message, event: { ...message.event, data: null } });
      expect(message.event.data).not.toBeNull();
    },
  );

  it.each(['provider-incapable', 'internal', 'object-missing'] as const)('is all of it for %s', (code) => {
    expect(keptOf(message, code)).toEqual(message);
  });

  it.each([
    ['an unknown field', { ...requestData(), password: 'hunter2-hunter2' }],
    [
      'a private key',
      requestData({ recipientKey: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'hunter2' } }),
    ],
    ['no request at all', 'hunter2-hunter2'],
  ])('leaves out a request from outside that nobody came as far as reading, with %s', (_what, data) => {
    const event = { ...message.event, type: 'EnrollmentRequested', data };
    const kept = keptOf({ ...message, consumer: 'request-enrollment', event }, 'store-unavailable');
    expect(kept.event).toEqual({ ...event, data: null });
  });

  it('is all of a request from outside that is one', () => {
    const event = { ...message.event, type: 'EnrollmentRequested', data: requestData() };
    const waiting = { ...message, consumer: 'request-enrollment', event };
    expect(keptOf(waiting, 'store-unavailable')).toEqual(waiting);
  });
});
