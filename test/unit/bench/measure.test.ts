import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, measure, quantile } from '../../../bench/measure.ts';

const claim = { name: 'made-up', runs: 4, reach: '<=1.0', yardstick: 'a list of numbers' };

/** A sample that notes its turn, and is each of the given values in turn; the last one repeats. */
function scripted(name: string, turns: string[], values: readonly number[]): () => Promise<number> {
  let next = 0;
  return async () => {
    turns.push(name);
    const value = values[Math.min(next++, values.length - 1)];
    return value ?? Number.NaN;
  };
}

describe('quantile', () => {
  it.each([
    [[7], 0.25, 7],
    [[1, 2, 3, 4, 5], 0.25, 2],
    [[5, 1, 4, 2, 3], 0.5, 3],
    [[1, 2, 3, 4], 0.5, 2.5],
    [[1, 2, 3, 4], 0.75, 3.25],
  ])('of %j at %d is %d', (samples, share, expected) => {
    expect(quantile(samples, share)).toBe(expected);
  });

  it('lies between the least and the greatest sample, and grows with the share', () => {
    const samples = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(samples, share, share, (values, one, other) => {
        const lower = quantile(values, Math.min(one, other));
        const upper = quantile(values, Math.max(one, other));
        const rounding = 1e-6;
        expect(lower).toBeGreaterThanOrEqual(Math.min(...values) - rounding);
        expect(upper).toBeLessThanOrEqual(Math.max(...values) + rounding);
        expect(lower).toBeLessThanOrEqual(upper + rounding);
      }),
    );
  });
});

describe('a comparison', () => {
  it('warms both up, then takes them in turns, each first every other time', async () => {
    const turns: string[] = [];
    await compare(claim, scripted('ours', turns, [1]), scripted('theirs', turns, [1]));
    const warmUp = ['ours', 'ours', 'theirs', 'theirs'];
    const oursFirst = ['ours', 'theirs'];
    const theirsFirst = ['theirs', 'ours'];
    expect(turns).toEqual([...warmUp, ...oursFirst, ...theirsFirst, ...oursFirst, ...theirsFirst]);
  });

  it('gives the median and the quartiles of the ratios, run by run', async () => {
    const ours = scripted('ours', [], [0, 0, 1, 2, 3, 4]);
    const theirs = scripted('theirs', [], [0, 0, 2, 2, 2, 2]);
    expect(await compare(claim, ours, theirs)).toEqual({
      name: 'made-up',
      value: 1.25,
      low: 0.875,
      high: 1.625,
      runs: 4,
      unit: 'ratio',
      reach: '<=1.0',
      yardstick: 'a list of numbers',
    });
  });
});

describe('a measurement', () => {
  it('gives the median and the quartiles of the samples after the warm-up', async () => {
    const samples = scripted('ours', [], [900, 900, 12.34567, 12.34567, 12.34567, 12.34567]);
    expect(await measure(claim, 'ms', samples)).toMatchObject({
      value: 12.35,
      low: 12.35,
      high: 12.35,
      unit: 'ms',
    });
  });
});
