import type { MechanismFacts, NeedReport, ProbeReport } from '#adapters/pkcs11/probe.ts';
import { printable, sentence } from '#domain/plain-words.ts';
import { type Column, table } from '../terminal/table.ts';
import { tokenInWords } from './choose-token.ts';
import { meaningOf } from './probe-meaning.ts';
import { libraryInWords } from './slot-table.ts';

export interface ReportSettings {
  /** Whether every mechanism is listed, too. */
  mechanisms: boolean;
  /** Of the terminal, in characters. */
  width?: number | undefined;
}

/** All that a probe found: each need and how it is met, what is missing, and what that means for the service. */
export function describeProbe(report: ProbeReport, { mechanisms, width }: ReportSettings): string {
  const { library, slot, needs, missing } = report;
  const token = slot.token === undefined ? '' : tokenInWords(slot.token);
  const head = [`Token    ${token}, slot ${slot.slot}`, `Library  ${libraryInWords(library)}`];
  return [
    head.map(printable).join('\n'),
    table(needColumns, needs.map(needRow), { width }),
    missing.length === 0 ? 'Nothing is missing.' : section('Missing', missing.map(sentence)),
    section('For the service this means', meaningOf(report)),
    ...(mechanisms ? [table(mechanismColumns, report.mechanisms.map(mechanismRow), { width })] : []),
  ].join('\n\n');
}

function section(heading: string, sentences: readonly string[]): string {
  return [heading, ...sentences.map((each) => `  ${printable(each)}`)].join('\n');
}

const needColumns: readonly Column[] = [
  { heading: 'NEED' },
  { heading: 'RESULT' },
  { heading: 'TIME' },
  { heading: 'HOW', shortens: true },
];

function needRow(report: NeedReport): string[] {
  const { need, tried, works, strategy, why, milliseconds } = report;
  const result = works ? 'works' : tried ? 'FAILED' : 'MISSING';
  const time = milliseconds === undefined ? '' : `${Math.round(milliseconds)} ms`;
  return [need, result, time.padStart(8), inShort(report) ?? strategy ?? why ?? ''];
}

/** Each answer of the token to a try at taking a key out would make the line longer than any terminal. */
function inShort({ serves, works, strategy = '' }: NeedReport): string | undefined {
  if (serves !== 'refusal' || !works) return undefined;
  return `it refused all ${strategy.split('; ').length} tries`;
}

const mechanismColumns: readonly Column[] = [
  { heading: 'MECHANISM' },
  { heading: 'NUMBER' },
  { heading: 'KEY SIZES' },
  { heading: 'USES', shortens: true },
];

function mechanismRow({ name, number, minKeySize, maxKeySize, uses }: MechanismFacts): string[] {
  const sizes = maxKeySize === 0 ? '' : `${minKeySize} to ${maxKeySize}`;
  return [name, `0x${number.toString(16)}`, sizes, uses.join(', ')];
}
