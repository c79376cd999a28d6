import type { RefusedRow } from '#contract/subscriber-list.ts';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import type { DemoArguments } from './arguments.ts';
import { ledgerFolder, type OutputFolder, shownPath } from './folders.ts';
import type { KmsPlace } from './key-place.ts';
import type { DemoResult } from './run-demo.ts';
import type { SummaryEntry } from './summary.ts';
import type { TokenAnswers } from './token-answers.ts';

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

/** Which certificate request was asked for too early, and that it was given once its key was escrowed. */
export function csrsHeldBack(entries: readonly SummaryEntry[], out: OutputFolder): string {
  const lines = entries.flatMap((entry) => {
    const { csrHeldBack, escrow, files } = entry;
    if (csrHeldBack === undefined || escrow === undefined || files['csr'] === undefined) return [];
    return [
      `  ${whose(entry)}: asked for before, it was refused: ${csrHeldBack}`,
      `    Its key was made and escrowed (${escrow.backupId}, ${escrow.state}); then it was released: ${out.shown(files['csr'])}`,
    ];
  });
  return lines.length === 0 ? '' : ['A CSR is released only after escrow:', ...lines].join('\n');
}

/** What the token answered when it was asked for keys that must never leave it; keys of one answer stand together. */
export function tokenRefusals(entries: readonly SummaryEntry[]): string {
  const groups = new Map<string, string[]>();
  for (const entry of entries) {
    if (entry.tokenAnswers === undefined) continue;
    const answers = answerLines(entry.tokenAnswers);
    groups.set(answers, [...(groups.get(answers) ?? []), whose(entry)]);
  }
  if (groups.size === 0) return '';
  return [
    'The token itself was asked, by another process with its PIN, for the keys that must never leave it. It answered:',
    ...[...groups].map(([answers, keys]) => `  ${keys.join('; ')}\n${answers}`),
  ].join('\n');
}

/** Where the keys that are never given out are, of a custody that nobody can ask for them. */
export function residentInKms(entries: readonly SummaryEntry[], place: KmsPlace): string {
  const resident = entries.filter(
    (entry) => entry.custody === 'kms' && !entry.exportable && 'csr' in entry.files,
  );
  if (resident.length === 0) return '';
  return `${madeIn(place)}: ${resident.map(whose).join('; ')}.`;
}

function madeIn(place: KmsPlace): string {
  switch (place.kind) {
    case 'aws':
      return 'Made in AWS KMS, which has no operation that gives a private key up';
    case 'endpoint':
      return `Made at ${place.where}. The protocol of AWS KMS has no operation that gives a private key up; how they are kept there is not known here`;
    case 'stand-in':
      return `Made in the stand-in. Its protocol has no operation that gives a private key up, but they lie in clear in ${place.where}`;
  }
}

/** An enrollment to a person, as in `col.hayes, identity`. */
export function whose({ subscriberId, purpose }: Pick<SummaryEntry, 'subscriberId' | 'purpose'>): string {
  return `${subscriberId}, ${purpose}`;
}

/** What to try next, with real files of this run. @param place of custody `kms` */
export function nextCommands(
  entries: readonly SummaryEntry[],
  out: OutputFolder,
  settings: Pick<DemoArguments, 'data' | 'token'>,
  place?: KmsPlace,
): string {
  const copied = entries.find(({ files }) => 'pfx' in files && 'password' in files);
  const resident = entries.find(({ exportable, files }) => !exportable && 'csr' in files);
  const shown = (path: string | undefined) => shellWord(out.shown(path ?? ''));
  const onCopy = copied === undefined ? [] : commandsOnCopy(copied.files, shown);
  const onResident = resident === undefined ? [] : commandsOnResident(resident, shown, settings);
  // Elsewhere than in AWS itself that is not known.
  const kind = (place?.kind ?? 'aws') === 'aws' ? 'never leaves' : 'the service gives to nobody';
  return [listOf('Try next:', onCopy), listOf(`Try next, with a key that ${kind}:`, onResident)]
    .filter((part) => part !== '')
    .join('\n');
}

/** What to try on the ledger. */
export function ledgerCommands(out: OutputFolder): string {
  const shown = (path: string) => shellWord(out.shown(path));
  const [folder, keys] = [shown(ledgerFolder), shown('jwks.json')];
  return [
    'Try next, with the ledger of all that was done and refused (alter one byte of it, and it is told where):',
    `  ${escrow} ledger verify ${folder} --jwks ${keys}`,
  ].join('\n');
}

function listOf(heading: string, commands: readonly string[]): string {
  return commands.length === 0 ? '' : [heading, ...commands.map((command) => `  ${command}`)].join('\n');
}

const escrow = 'npm run --silent escrow --';

type Shown = (path: string | undefined) => string;

function commandsOnCopy({ pfx, password, csr, receipt }: SummaryEntry['files'], shown: Shown): string[] {
  return [
    `openssl pkcs12 -info -noenc -in ${shown(pfx)} -passin file:${shown(password)} -nokeys`,
    verifyCsr(csr, shown),
    `${escrow} verify ${shown(pfx)} --password-file ${shown(password)}`,
    `${escrow} receipt verify ${shown(receipt)} --jwks ${shown('jwks.json')}`,
  ];
}

function commandsOnResident(
  { custody, files }: SummaryEntry,
  shown: Shown,
  settings: Pick<DemoArguments, 'data' | 'token'>,
): string[] {
  const { csr } = files;
  const look = custody === 'pkcs11' ? [`${escrow} token show ${tokenOptions(settings)}`] : [];
  return [verifyCsr(csr, shown), ...look];
}

function verifyCsr(csr: string | undefined, shown: Shown): string {
  return `openssl req -verify -noout -subject -in ${shown(csr)}`;
}

function tokenOptions({ data, token }: Pick<DemoArguments, 'data' | 'token'>): string {
  if (token === undefined) return `--data ${shellWord(shownPath(data))}`;
  const name =
    'label' in token.token
      ? `--token ${shellWord(token.token.label)}`
      : `--serial ${shellWord(token.token.serial)}`;
  return `--module ${shellWord(token.module)} ${name} --pin ${shellWord(token.pin)}`;
}

/** Each answer once, with all that was tried and got it. */
function answerLines(answers: TokenAnswers): string {
  const attempts = new Map<string, string[]>();
  for (const [attempt, answer] of Object.entries(answers)) {
    attempts.set(answer, [...(attempts.get(answer) ?? []), attempt]);
  }
  const width = Math.max(...[...attempts.keys()].map((answer) => answer.length));
  return [...attempts]
    .map(([answer, tried]) => `    ${answer.padEnd(width)}  to ${tried.join(', ')}`)
    .join('\n');
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
  return /^[\w./:-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
