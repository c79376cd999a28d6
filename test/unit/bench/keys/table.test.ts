import { expect, it } from 'vitest';
import { tableOf } from '../../../../bench/keys/table.ts';

it('the table has a line for each result, and says what was reached', () => {
  const common = { low: 1, high: 3, runs: 5, yardstick: 'something' };
  expect(
    tableOf([
      { ...common, name: 'a-vs-b', value: 2, unit: 'ratio', reach: '<=1.35' },
      { ...common, name: 'c-vs-d', value: 1.3, unit: 'ratio', reach: '<=1.35' },
      { ...common, name: 'a-us', value: 40, unit: 'us', reach: 'none' },
    ]).split('\n'),
  ).toEqual([
    '| name | median | quartiles | unit | to reach | reached |',
    '| --- | --- | --- | --- | --- | --- |',
    '| `a-vs-b` | 2 | 1 to 3 | ratio | <=1.35 | no |',
    '| `c-vs-d` | 1.3 | 1 to 3 | ratio | <=1.35 | yes |',
    '| `a-us` | 40 | 1 to 3 | us |  |  |',
  ]);
});
