import { expect, it } from 'vitest';
import { runRow } from '../../../../bench/keys/comparison.ts';
import type { Result } from '../../../../bench/result.ts';

async function results(changes: { alone?: string; prepare?: () => Promise<void> }) {
  const printed: Result[] = [];
  let time = 0;
  const row = {
    ...{ name: 'a-vs-b', reach: '<=2', runs: 3, yardstick: 'b 1.0', does: 'something' },
    // The two samples of the warm-up take 1 and 2 microseconds, those that count 3 to 5.
    ours: async () => ++time * 1_000,
    theirs: async () => 2_000,
    ...changes,
  };
  await runRow({ result: (result) => printed.push(result), message: () => undefined }, row);
  return printed;
}

it('a comparison gives the ratio, and says against what', async () => {
  expect(await results({})).toEqual([
    {
      name: 'a-vs-b',
      value: 2,
      low: 1.75,
      high: 2.25,
      runs: 3,
      unit: 'ratio',
      reach: '<=2',
      yardstick: 'b 1.0: something',
    },
  ]);
});

it('a comparison tells what it took of ours, too, where that is asked for', async () => {
  const [, alone] = await results({ alone: 'a-us' });
  expect(alone).toMatchObject({ name: 'a-us', value: 4, low: 3.5, high: 4.5, unit: 'us', reach: 'none' });
  expect(alone?.yardstick).toContain('something');
});

it('a comparison is prepared once, before anything is timed', async () => {
  const order: string[] = [];
  await results({
    prepare: async () => {
      order.push('prepared');
    },
  });
  expect(order).toEqual(['prepared']);
});
