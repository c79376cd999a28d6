import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorTable } from '#domain/error-codes.ts';
import { InputError, LockError, ProviderError, StateError, StoreError } from '#domain/errors.ts';
import { afterFailure, mostReceives } from '#runtime/delivery.ts';

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
  ])('the %s. receive is followed by a delay of %s seconds at most', (receiveCount, most) => {
    for (const error of passing) {
      expect(afterFailure(error, receiveCount, 1)).toEqual({ retryAfterSeconds: most });
      expect(afterFailure(error, receiveCount, 0.5)).toEqual({ retryAfterSeconds: most / 2 });
      expect(afterFailure(error, receiveCount, 0)).toEqual({ retryAfterSeconds: 0 });
    }
  });

  it('the fifth receive is the last', () => {
    expect(mostReceives).toBe(5);
    for (const receiveCount of [5, 6, 100]) {
      expect(afterFailure(new StoreError('store-unavailable'), receiveCount)).toEqual({
        bury: 'store-unavailable',
      });
    }
    expect(afterFailure(new TypeError('a bug'), 5)).toEqual({ bury: 'internal' });
  });

  it('delays are spread, and never long', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (count, random) => {
          const disposition = afterFailure(passing[0], count, random);
          if (!('retryAfterSeconds' in disposition)) throw new TypeError('given up');
          expect(disposition.retryAfterSeconds).toBeGreaterThanOrEqual(0);
          expect(disposition.retryAfterSeconds).toBeLessThanOrEqual(60);
        },
      ),
    );
    const delays = Array.from({ length: 50 }, () => JSON.stringify(afterFailure(passing[0], 4)));
    expect(new Set(delays).size).toBeGreaterThan(10);
  });
});

describe('after a failure that will not pass', () => {
  it('there is no retry, at any receive', () => {
    for (const error of lasting) expect(afterFailure(error, 1)).toEqual({ bury: error.code });
  });

  it('is one of the codes that say so', () => {
    for (const error of lasting) expect(errorTable[error.code].retry).toBe(false);
  });
});
