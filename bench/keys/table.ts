import { isReached, table } from '../pfx/tables.ts';
import type { Result } from '../result.ts';

/** The table of `docs/measurements.md`, in Markdown: a line for each result, its times beside its ratio. */
export function tableOf(results: readonly Result[]): string {
  const rows = results.map(({ name, value, low, high, unit, reach }) => [
    ...[`\`${name}\``, `${value}`, `${low} to ${high}`, unit],
    ...(reach === 'none' ? ['', ''] : [reach, isReached(value, reach) ? 'yes' : 'no']),
  ]);
  return table(['name', 'median', 'quartiles', 'unit', 'to reach', 'reached'], rows);
}
