import * as v from 'valibot';
import type { Result } from '../result.ts';
import { counts, systematicName } from './plan.ts';

const result = v.object({
  ...{ name: v.string(), value: v.number(), low: v.number(), high: v.number() },
  ...{ runs: v.number(), unit: v.string(), reach: v.string(), yardstick: v.string() },
});

/** Reads what `npm run --silent bench -- pfx` printed. @throws ValiError, SyntaxError for anything else */
export function parseResults(lines: string): Result[] {
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => v.parse(result, JSON.parse(line)));
}

/** The tables of `docs/measurements.md`, in Markdown: what has an aim; and all ratios and times, by count. */
export function tablesOf(results: readonly Result[]): string {
  return `${aimTable(results)}\n\n${gridTable(results)}`;
}

function aimTable(results: readonly Result[]): string {
  const rows = results
    .filter(({ reach }) => reach !== 'none')
    .map(({ name, value, low, high, unit, reach }) => [
      ...[`\`${name}\``, `${value}`, `${low} to ${high}`, unit, reach],
      isReached(value, reach) ? 'yes' : 'no',
    ]);
  return table(['name', 'median', 'quartiles', 'unit', 'to reach', 'reached'], rows);
}

/** Whether a value is what was aimed at. @param reach a comparison, as `<=0.75` */
export function isReached(value: number, reach: string): boolean {
  return reach.startsWith('<=') ? value <= Number(reach.slice(2)) : value >= Number(reach.slice(2));
}

/** A row for each yardstick and mode; the results that have a name of their own stand where they belong. */
function gridTable(results: readonly Result[]): string {
  const grid = new Map<string, Map<string, string>>();
  for (const { name, value } of results) {
    const [, row, count = 'its own'] =
      /^((?:write|open|full)-(?:ms|vs-[a-z0-9]+?))(?:-(\d+))?$/.exec(systematicName(name)) ?? [];
    if (row === undefined) continue;
    grid.set(row, (grid.get(row) ?? new Map()).set(count, String(value)));
  }
  const columns = [...counts.map(String), 'its own'];
  const rows = [...grid].map(([row, cells]) => [
    `\`${row}\``,
    ...columns.map((column) => cells.get(column) ?? ''),
  ]);
  return table(['', ...columns], rows);
}

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
