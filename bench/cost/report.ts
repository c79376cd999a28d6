import type { CostArguments } from './arguments.ts';
import { assumptions } from './assumptions.ts';
import { type BillLine, totalOf } from './bill.ts';
import type { Counted } from './count-enrollments.ts';
import { monthlyPrices, priceList, prices, storagePrices } from './prices.ts';
import type { Stored } from './stand-ins.ts';
import type { StandingLine } from './standing.ts';

/** All that was found out, as `--json` prints it. */
export interface CostReport {
  settings: Pick<CostArguments, 'enrollments' | 'keySpec' | 'source' | 'lock' | 'custody'>;
  /** US dollars for all enrollments, and for a thousand. */
  usd: number;
  usdPer1000: number;
  /** What one enrollment takes, and what all of them cost. */
  lines: (BillLine & { page: string })[];
  /** What one enrollment takes of each function. */
  functions: Record<string, { invocations: number; processorMilliseconds: number; gigabyteSeconds: number }>;
  /** What one enrollment leaves, in bytes, and what keeping all of it costs a month, in US dollars. */
  storedBytes: Stored;
  storedMonthlyUsd: number;
  /** What stands in the account each month, used or not, in US dollars. */
  monthlyUsd: number;
  monthly: (StandingLine & { page: string })[];
  prices: typeof priceList;
  assumptions: typeof assumptions;
}

/** Puts together what was counted and what it costs. @param bill of one enrollment */
export function reportOf(
  settings: CostReport['settings'],
  bill: readonly BillLine[],
  { functions, stored }: Pick<Counted, 'functions' | 'stored'>,
  standing: readonly StandingLine[],
): CostReport {
  const one = totalOf(bill);
  return {
    settings,
    usd: one * settings.enrollments,
    usdPer1000: one * 1_000,
    lines: bill.map((line) => ({
      ...line,
      usd: line.usd * settings.enrollments,
      page: prices[line.name].page,
    })),
    functions: Object.fromEntries(functions),
    storedBytes: stored,
    storedMonthlyUsd: storageUsd(stored) * settings.enrollments,
    monthlyUsd: totalOf(standing),
    monthly: standing.map((line) => ({ ...line, page: monthlyPrices[line.name].page })),
    prices: priceList,
    assumptions,
  };
}

/** Records with what they can be brought back from, and backups; a month. */
function storageUsd({ dynamodb, s3 }: Stored): number {
  const perByte = (name: keyof typeof storagePrices) => storagePrices[name].usd / 1e9;
  return dynamodb * (perByte('dynamodb-gb') + perByte('dynamodb-recovery-gb')) + s3 * perByte('s3-gb');
}

/** The report as a person reads it. */
export function toldInWords(report: CostReport): string {
  const { enrollments, keySpec, source, lock, custody } = report.settings;
  const made = source === 'memory' ? 'made in memory and wrapped by AWS KMS' : 'made by AWS KMS';
  const bill = report.lines.map(({ usd, unit, count }) => [dollars(usd), amount(count), unit]);
  const standing = report.monthly.map(({ usd, unit, count }) => [dollars(usd), amount(count), unit]);
  return [
    `${enrollments} escrowed encryption enrollments on AWS: ${keySpec}, ${made}, subscriber's lock by ${lock}.`,
    columns(['USD', 'for each', ''], [...bill, [dollars(report.usd), '', 'for all of them']]),
    `They leave ${gigabytes(report)} GB, which cost ${dollars(report.storedMonthlyUsd)} USD a month as long as they are kept.`,
    `In the account each month, used or not, with keys in ${custody}:`,
    columns(['USD', 'number', ''], [...standing, [dollars(report.monthlyUsd), '', 'a month']]),
    [
      `Prices of ${priceList.region} as read in ${priceList.read}, without free tiers; look them up before you rely on them:`,
      'bench/cost/prices.ts names the page of each. Counted over stand-ins and not on AWS. Assumed, rather too dear:',
      `a function's core takes ${assumptions.slowerCore} times as long as this machine's; each message and record comes alone, and `,
      `the entries of ${assumptions.enrollmentsPerSegment} enrollments are sealed together;`,
      `one invocation in ${assumptions.invocationsPerStart} is a start; calls take ${waits()} ms.`,
      'Left out: what mails the notices, data that leaves AWS, the daily checks, and sign-in, which Amazon Cognito',
      'bills by the person and month (docs/deploy.md).',
    ].join('\n'),
  ].join('\n\n');
}

function gigabytes({ storedBytes: { dynamodb, s3 }, settings: { enrollments } }: CostReport): string {
  return (((dynamodb + s3) * enrollments) / 1e9).toPrecision(3);
}

function waits(): string {
  return Object.entries(assumptions.waitMilliseconds)
    .map(([service, milliseconds]) => `${milliseconds} (${service})`)
    .join(', ');
}

function dollars(usd: number): string {
  return usd < 1 ? usd.toFixed(4) : usd.toFixed(2);
}

function amount(count: number): string {
  return Number.isInteger(count) ? `${count}` : count.toPrecision(3);
}

/** Numbers to the right, words to the left. */
function columns(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((_heading, index) =>
    Math.max(...[headings, ...rows].map((row) => row[index]?.length ?? 0)),
  );
  return [headings, ...rows]
    .map((row) => {
      const [usd = '', count = '', unit = ''] = row;
      return `  ${usd.padStart(widths[0] ?? 0)}  ${count.padStart(widths[1] ?? 0)}  ${unit}`.trimEnd();
    })
    .join('\n');
}
