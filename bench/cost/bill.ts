import { type Price, type PriceName, prices } from './prices.ts';

/** How many units of each kind something took. */
export type Usage = Partial<Record<PriceName, number>>;

/** One line of a bill. */
export interface BillLine {
  name: PriceName;
  unit: string;
  count: number;
  /** US dollars for all of them. */
  usd: number;
}

/** What so much costs, the dearest first. */
export function billOf(usage: Usage): BillLine[] {
  return Object.entries(usage)
    .filter((entry): entry is [PriceName, number] => isPriceName(entry[0]) && entry[1] > 0)
    .map(([name, count]) => lineOf(name, count))
    .sort((one, other) => other.usd - one.usd);
}

/** What all lines of a bill come to, in US dollars. */
export function totalOf(lines: readonly Pick<BillLine, 'usd'>[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}

/** The same, so many times. */
export function scaled(usage: Usage, factor: number): Usage {
  return Object.fromEntries(Object.entries(usage).map(([name, count]) => [name, count * factor]));
}

/** Both together. */
export function added(one: Usage, other: Usage): Usage {
  const names = new Set([...Object.keys(one), ...Object.keys(other)].filter(isPriceName));
  return Object.fromEntries([...names].map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}

function lineOf(name: PriceName, count: number): BillLine {
  const { usd, unit }: Price = prices[name];
  return { name, unit, count, usd: usd * count };
}

function isPriceName(name: string): name is PriceName {
  return Object.hasOwn(prices, name);
}
