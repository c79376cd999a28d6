import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMilliseconds, realWaiting } from '#adapters/aws/backoff.ts';

describe('backoffMilliseconds', () => {
  it('doubles from 50 milliseconds up to 5 seconds where chance falls highest', () => {
    const delays = Array.from({ length: 10 }, (_, repetition) => backoffMilliseconds(repetition, () => 1));
    expect(delays).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  });

  it('is anything between nothing and that', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.double({ min: 0, max: 1, noNaN: true }), (repetition, chance) => {
        const delay = backoffMilliseconds(repetition, () => chance);
        const highest = Math.min(5_000, 50 * 2 ** Math.min(repetition, 60));
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBe(chance * highest);
      }),
    );
  });
});

describe('realWaiting', () => {
  it('ends its wait when the signal is aborted', async () => {
    const controller = new AbortController();
    const waited = realWaiting.sleep(600_000, controller.signal);
    controller.abort();
    await expect(waited).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('waits without a signal', async () => {
    await realWaiting.sleep(0);
    expect(realWaiting.random()).toBeLessThan(1);
  });
});
