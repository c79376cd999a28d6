import type * as v from 'valibot';
import type { publishedPolicyView, showPolicy } from '#contract/api/policy.ts';
import { printable } from '#domain/plain-words.ts';
import { type Column, table } from '../terminal/table.ts';

type Shown = v.InferOutput<(typeof showPolicy)['answer']['schema']>;
type Version = v.InferOutput<typeof publishedPolicyView>;

/** The policy that decides with its text, then what is proposed, and what to do about it. */
export function tellPolicy({ present, proposal }: Pick<Shown, 'present' | 'proposal'>): string {
  const { version, document, publishedAt, proposedBy, approvedBy } = present;
  const lines = [
    `Version ${version} decides${publishedAt === undefined ? '; it was settings before policies were written in Cedar' : `, since ${publishedAt}`}.`,
    ...(document === undefined ? [] : [`  SHA-256      ${document}`]),
    ...(proposedBy === undefined ? [] : [`  proposed by  ${proposedBy}`]),
    ...(approvedBy === undefined ? [] : [`  approved by  ${approvedBy}`]),
    '',
    ...linesOf(present.cedar),
    '',
    ...(proposal === undefined ? ['Nothing is proposed.'] : tellProposal(proposal)),
  ];
  return lines.map(printable).join('\n');
}

/** A proposal for whoever may approve it: who proposed it, how to read it, see what it changes, and approve it. */
export function tellProposal({
  document,
  proposedBy,
  proposedAt,
  replaces,
}: Pick<NonNullable<Shown['proposal']>, 'document' | 'proposedBy' | 'proposedAt' | 'replaces'>): string[] {
  return [
    `${proposedBy} proposed another at ${proposedAt}, in place of version ${replaces}.`,
    `  SHA-256      ${document}`,
    '  text         escrow policy show --proposal',
    '  changes      escrow policy diff',
    `  approve      escrow policy approve ${document}`,
    '  reject       escrow policy withdraw',
  ];
}

/** The lines of a policy's text, with nothing in them that a terminal would obey. */
export function linesOf(cedar: string): string[] {
  return cedar
    .trimEnd()
    .split('\n')
    .map((line) => printable(line.replaceAll('\t', '    ')));
}

const columns: readonly Column[] = [
  { heading: 'VERSION', least: 7 },
  { heading: 'PUBLISHED', least: 16 },
  { heading: 'PROPOSED BY', least: 14 },
  { heading: 'APPROVED BY', least: 14 },
  { heading: 'SHA-256' },
];

/** Versions as a table, the present one first. */
export function versionTable(versions: readonly Version[], headed: boolean): string {
  const rows = versions.map(
    ({ version, publishedAt = 'settings', proposedBy = '', approvedBy = '', document = '' }) => [
      version,
      publishedAt.slice(0, 16).replace('T', ' '),
      proposedBy,
      approvedBy,
      document,
    ],
  );
  return table(columns, rows, { headed });
}
