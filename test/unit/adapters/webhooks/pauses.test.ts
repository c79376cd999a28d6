import { describe, expect, it } from 'vitest';
import { RestingTargets } from '#adapters/webhooks/resting-targets.ts';
import { retryAfterSeconds } from '#adapters/webhooks/retry-after.ts';
import { ManualClock } from '#test/doubles/clock.ts';

describe('Retry-After', () => {
  const now = new Date('2026-01-05T08:00:00.000Z');

  it.each([
    ['0', 0],
    ['120', 120],
    ['Mon, 05 Jan 2026 08:02:00 GMT', 120],
    ['Mon, 05 Jan 2026 07:00:00 GMT', 0],
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['99999999999999', undefined],
    ['2026-01-05', undefined],
    ['Mon, never', undefined],
  ])('of %j asks for %s seconds', (header, seconds) => {
    expect(retryAfterSeconds(header, now)).toBe(seconds);
  });
});

describe('a target that hung', () => {
  it('rests, for longer each time in a row, and never for more than five minutes', () => {
    const clock = new ManualClock();
    const resting = new RestingTargets(clock);
    const rests = Array.from({ length: 10 }, () => {
      resting.hung('https://a');
      let seconds = 0;
      for (; resting.rests('https://a'); seconds += 1) clock.advance(1_000);
      return seconds;
    });
    expect(rests).toEqual([4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  });

  it('with several deliveries at the same time hung once', () => {
    const clock = new ManualClock();
    const resting = new RestingTargets(clock);
    for (let count = 0; count < 16; count += 1) resting.hung('https://a');
    clock.advance(4_000);
    expect(resting.rests('https://a')).toBe(false);
  });

  it('is as good as new once it answers, and others never rested', () => {
    const clock = new ManualClock();
    const resting = new RestingTargets(clock);
    for (let count = 0; count < 5; count += 1) {
      clock.advance(300_000);
      resting.hung('https://a');
    }
    expect([resting.rests('https://a'), resting.rests('https://b')]).toEqual([true, false]);
    resting.answered('https://a');
    expect(resting.rests('https://a')).toBe(false);
    resting.hung('https://a');
    clock.advance(4_000);
    expect(resting.rests('https://a')).toBe(false);
  });
});
