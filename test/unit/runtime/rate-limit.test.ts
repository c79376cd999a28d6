import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RateClass, RateLimiter, rateLimits } from '#runtime/rate-limit.ts';
import { ManualClock } from '#test/doubles/clock.ts';

const classes = ['read', 'write', 'costly', 'unauthenticated'] as const satisfies readonly RateClass[];

function limiting(mostKeys?: number) {
  const clock = new ManualClock();
  const limiter = new RateLimiter(clock, mostKeys);
  /** Asks one by one, and counts what was given. */
  const takeAll = (rateClass: RateClass, key: string, asked: number) => {
    const answers = Array.from({ length: asked }, () => limiter.take(rateClass, key));
    return answers.filter(({ allowed }) => allowed).length;
  };
  return { clock, limiter, takeAll };
}

describe('a caller', () => {
  it.each(classes)('who was quiet is given the burst at once, and no more (%s)', (rateClass) => {
    const { takeAll } = limiting();
    expect(takeAll(rateClass, 'ada', 500)).toBe(rateLimits[rateClass].burst);
  });

  it.each(classes)('who asks on is given what the rate allows (%s)', (rateClass) => {
    const { clock, takeAll } = limiting();
    takeAll(rateClass, 'ada', 500);
    for (let second = 0; second < 5; second += 1) {
      clock.advance(1_000);
      expect(takeAll(rateClass, 'ada', 500)).toBe(rateLimits[rateClass].perSecond);
    }
  });

  it('who is refused is told when to ask again, and is then given it', () => {
    const { clock, limiter, takeAll } = limiting();
    takeAll('costly', 'ada', 20);
    expect(limiter.take('costly', 'ada')).toEqual({ allowed: false, retryAfterSeconds: 1 });
    expect(limiter.take('costly', 'ada', 15)).toEqual({ allowed: false, retryAfterSeconds: 8 });
    clock.advance(7_000);
    expect(limiter.take('costly', 'ada', 15).allowed).toBe(false);
    clock.advance(1_000);
    expect(limiter.take('costly', 'ada', 15)).toEqual({ allowed: true });
  });

  it('takes nothing from another, nor one class from another', () => {
    const { takeAll } = limiting();
    expect(takeAll('costly', 'ada', 100)).toBe(20);
    expect(takeAll('costly', 'bob', 100)).toBe(20);
    expect(takeAll('read', 'ada', 200)).toBe(100);
  });

  it('saves up no more than the burst', () => {
    const { clock, takeAll } = limiting();
    takeAll('write', 'ada', 10);
    clock.advance(86_400_000);
    expect(takeAll('write', 'ada', 500)).toBe(200);
  });

  it('gains nothing and loses nothing by a clock that is set back', () => {
    const { clock, limiter, takeAll } = limiting();
    takeAll('costly', 'ada', 15);
    clock.advance(-3_600_000);
    expect(takeAll('costly', 'ada', 100)).toBe(5);
    expect(limiter.take('costly', 'ada')).toEqual({ allowed: false, retryAfterSeconds: 1 });
  });
});

describe('a batch', () => {
  it('is worth its items', () => {
    const { limiter } = limiting();
    expect(limiter.take('write', 'ada', 150).allowed).toBe(true);
    expect(limiter.take('write', 'ada', 51)).toEqual({ allowed: false, retryAfterSeconds: 1 });
    expect(limiter.take('write', 'ada', 50).allowed).toBe(true);
  });

  it('of more than the burst is given to a full bucket, and paid off before anything else', () => {
    const { clock, limiter } = limiting();
    expect(limiter.take('write', 'ada', 1_000).allowed).toBe(true);
    expect(limiter.take('write', 'ada')).toEqual({ allowed: false, retryAfterSeconds: 41 });
    clock.advance(40_000);
    expect(limiter.take('write', 'ada').allowed).toBe(false);
    clock.advance(1_000);
    expect(limiter.take('write', 'ada').allowed).toBe(true);
    expect(limiter.take('write', 'ada', 1_000)).toEqual({ allowed: false, retryAfterSeconds: 10 });
  });
});

describe('in any order of asking and waiting', () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 5_000 }),
    count: fc.integer({ min: 1, max: 300 }),
    key: fc.constantFrom('ada', 'bob'),
  });

  it('nobody is given more than the burst (or one batch that is larger) and the rate times the time', () => {
    fc.assert(
      fc.property(fc.constantFrom(...classes), fc.array(step, { maxLength: 60 }), (rateClass, steps) => {
        const { clock, limiter } = limiting();
        const { perSecond, burst } = rateLimits[rateClass];
        const start = clock.now().getTime();
        const given = { ada: 0, bob: 0 };
        let largest: number = burst;
        for (const { wait, count, key } of steps) {
          clock.advance(wait);
          if (limiter.take(rateClass, key, count).allowed) {
            given[key] += count;
            largest = Math.max(largest, count);
          }
          const seconds = (clock.now().getTime() - start) / 1_000;
          expect(given[key]).toBeLessThanOrEqual(largest + perSecond * seconds + 1e-6);
        }
      }),
    );
  });

  it('who waits as long as told is given what was refused', () => {
    fc.assert(
      fc.property(fc.constantFrom(...classes), fc.array(step, { maxLength: 40 }), (rateClass, steps) => {
        const { clock, limiter } = limiting();
        for (const { wait, count } of steps) {
          clock.advance(wait);
          const answer = limiter.take(rateClass, 'ada', count);
          if (answer.allowed) continue;
          expect(Number.isInteger(answer.retryAfterSeconds)).toBe(true);
          expect(answer.retryAfterSeconds).toBeGreaterThanOrEqual(1);
          clock.advance(answer.retryAfterSeconds * 1_000);
          expect(limiter.take(rateClass, 'ada', count).allowed).toBe(true);
        }
      }),
    );
  });
});

describe('the callers that are remembered', () => {
  it('are bounded: who asked least recently is forgotten first', () => {
    const { limiter, takeAll } = limiting(2);
    takeAll('costly', 'ada', 20);
    takeAll('costly', 'bob', 20);
    // Ada asks again, so bob is the older one.
    expect(limiter.take('costly', 'ada').allowed).toBe(false);
    takeAll('costly', 'eve', 1);
    expect(limiter.take('costly', 'ada').allowed).toBe(false);
    expect(limiter.take('costly', 'bob').allowed).toBe(true);
  });

  it('are not pushed out by addresses without a token', () => {
    const { limiter, takeAll } = limiting(10);
    takeAll('costly', 'ada', 20);
    for (let host = 0; host < 1_000; host += 1) limiter.take('unauthenticated', `198.51.100.${host}`);
    expect(limiter.take('costly', 'ada').allowed).toBe(false);
  });
});
