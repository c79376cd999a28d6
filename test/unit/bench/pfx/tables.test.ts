import { describe, expect, it } from 'vitest';
import { parseResults, tablesOf } from '../../../../bench/pfx/tables.ts';

const line = (name: string, value: number, reach = 'none', unit = 'ratio') =>
  JSON.stringify({
    name,
    value,
    low: value - 0.1,
    high: value + 0.1,
    runs: 9,
    unit,
    reach,
    yardstick: 'any',
  });
const rowsOf = (...lines: string[]) => tablesOf(parseResults(lines.join('\n'))).split('\n');

describe('the tables of results', () => {
  it('say of what has an aim whether it is reached', () => {
    const rows = rowsOf(
      line('escrow-vs-openssl', 0.9, '<=1.0'),
      line('export-vs-java', 0.9, '<=0.8'),
      line('export-stall-ms', 20, '<=20', 'ms'),
      line('made-up-per-s', 5, '>=9', 'per s'),
    );
    expect(rows).toContain('| `escrow-vs-openssl` | 0.9 | 0.8 to 1 | ratio | <=1.0 | yes |');
    expect(rows.find((row) => row.includes('export-vs-java'))).toMatch(/no \|$/);
    expect(rows.find((row) => row.includes('export-stall-ms'))).toMatch(/yes \|$/);
    expect(rows.find((row) => row.includes('made-up-per-s'))).toMatch(/no \|$/);
  });

  it('hold the counts side by side, those with a name of their own where they belong', () => {
    const rows = rowsOf(
      line('write-ms-2048', 1, 'none', 'ms'),
      line('full-vs-openssl-100000', 0.8),
      line('export-vs-openssl', 0.7, '<=0.75'),
      line('escrow-vs-openssl', 0.9, '<=1.0'),
      line('write-vs-java-2048', 1.1),
      line('export-vs-java', 0.5, '<=0.8'),
      line('export-vs-bouncycastle', 0.2, '<=0.3'),
      line('write-vs-pk12util', 0.4),
    );
    expect(rows).toContain('|  | 2048 | 100000 | 250000 | its own |');
    expect(rows).toContain('| `write-ms` | 1 |  |  |  |');
    expect(rows).toContain('| `full-vs-openssl` | 0.9 | 0.8 | 0.7 |  |');
    expect(rows).toContain('| `write-vs-java` | 1.1 |  | 0.5 |  |');
    expect(rows).toContain('| `write-vs-bouncycastle` |  |  | 0.2 |  |');
    expect(rows).toContain('| `write-vs-pk12util` |  |  |  | 0.4 |');
  });

  it('are made of results only', () => {
    expect(() => parseResults('> npm run bench')).toThrow();
    expect(() => parseResults('{"name":"no value"}')).toThrow();
    expect(parseResults('\n')).toEqual([]);
  });
});
