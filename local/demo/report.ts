import type { RefusedRow } from '#contract/subscriber-list.ts';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import type { OutputFolder } from './folders.ts';
import type { DemoResult } from './run-demo.ts';
import type { SummaryEntry } from './summary.ts';

/** More than a person reads; such a list is another kind of file. */
const mostLines = 200;

/** The lines that a person sees of the refused rows: which, why, what to do. */
export function refusedLines(list: string, refused: readonly RefusedRow[]): string[] {
  const lines = refused
    .slice(0, mostLines)
    .map(({ row, field, why, next }) => `${list}, row ${row}, ${field}: ${why}. ${next}`);
  const more = refused.length - lines.length;
  return more > 0 ? [...lines, `${list}: ${more} more of the kind. Check that it is the right file.`] : lines;
}

/** The lines that a person sees of the requests that the service refused. */
export function requestLines(refused: DemoResult['refusedRequests']): string[] {
  return refused.map(({ eventId, code }) => {
    const known = Object.entries(requestAdvice).find(([each]) => each === code)?.[1];
    const { meaning, next } =
      known ?? Object.entries(errorTable).find(([each]) => each === code)?.[1] ?? unknown;
    return `request ${eventId}: ${meaning} ${next} (${code})`;
  });
}

/** Where a run of the demo knows more than the service does. */
const requestAdvice = {
  'idempotency-mismatch': {
    meaning: 'It is not what an earlier run asked for; that enrollment stands as it was.',
    next: 'Undo the change in the list, or name new folders with --out and --data.',
  },
} as const satisfies Partial<Record<ErrorCode, { meaning: string; next: string }>>;

const unknown = { meaning: 'It was refused.', next: 'Correct it and run again.' };

/** A table of what became of each enrollment. */
export function table(entries: readonly SummaryEntry[]): string {
  const rows = [
    ['SUBSCRIBER', 'FAMILY NAME', 'PURPOSE', 'KEY', 'CUSTODY', 'STATUS', 'OWN COPY', 'ESCROW'],
    ...entries.map(rowOf),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths?.[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Why policy said no, and whom to ask; nothing where it did not. */
export function policyRefusals(entries: readonly SummaryEntry[]): string {
  const lines = entries.flatMap(({ subscriberId, purpose, refusal }) =>
    refusal === undefined ? [] : [`  ${subscriberId}, ${purpose}: ${refusal.reason} Ask ${refusal.contact}.`],
  );
  return lines.length === 0 ? '' : ['Refused by policy:', ...lines].join('\n');
}

/** What to try next, with real files of this run. */
export function nextCommands(entries: readonly SummaryEntry[], out: OutputFolder): string {
  const copied = entries.find(({ files }) => 'pfx' in files && 'password' in files);
  if (copied === undefined) return '';
  const shown = (path: string | undefined) => shellWord(out.shown(path ?? ''));
  const { pfx, password, csr, receipt } = copied.files;
  return [
    'Try next:',
    `  openssl pkcs12 -info -noenc -in ${shown(pfx)} -passin file:${shown(password)} -nokeys`,
    `  openssl req -verify -noout -subject -in ${shown(csr)}`,
    `  npm run --silent escrow -- verify ${shown(pfx)} --password-file ${shown(password)}`,
    `  npm run --silent escrow -- receipt verify ${shown(receipt)} --jwks ${shown('jwks.json')}`,
  ].join('\n');
}

function rowOf(entry: SummaryEntry): string[] {
  const { subscriberId, familyName, purpose, keySpec, custody, status, files, refusal } = entry;
  const copy = 'pfx' in files ? 'proved' : refusal === undefined ? '-' : 'refused';
  return [subscriberId, familyName, purpose, keySpec, custody, status, copy, entry.escrow?.state ?? '-'];
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Columns that a terminal gives a text: combining marks none, East Asian wide characters two. */
function widthOf(text: string): number {
  const graphemes = new Intl.Segmenter().segment(text);
  return [...graphemes].reduce((sum, { segment }) => sum + (isWide(segment) ? 2 : 1), 0);
}

function isWide(grapheme: string): boolean {
  return /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(grapheme);
}

function shellWord(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
