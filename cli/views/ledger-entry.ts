import type { LedgerEntryView } from '#contract/api/ledger.ts';
import { errorTable } from '#domain/error-codes.ts';
import { printable, sentence } from '#domain/plain-words.ts';

type Shown = Omit<LedgerEntryView, 'sequence'> & { sequence?: number };

const outcomes = {
  done: 'done',
  refused: 'refused',
  failed: 'failed, and may succeed later',
} as const;

/**
 * An entry for a person: when, who, what and how it ended in one line; then why, by which policy, and what it is about, where there is
 * something to tell.
 */
export function describeEntry(entry: Shown): string {
  const { sequence, time, principal, action, outcome, code } = entry;
  const place = sequence === undefined ? '' : `#${sequence}  `;
  const why = code === undefined ? '' : `: ${code}`;
  const who = principal === '' ? 'somebody unknown' : principal;
  const lines = [
    `${place}${time}  ${who}  ${action.replaceAll('-', ' ')}: ${outcomes[outcome]}${why}`,
    ...meaningOf(code),
    ...detailsOf(entry).map(([name, value]) => `  ${name.padEnd(12)}${value}`),
  ];
  return lines.map(printable).join('\n');
}

function meaningOf(code: string | undefined): string[] {
  const known = Object.entries(errorTable).find(([name]) => name === code)?.[1];
  return known === undefined ? [] : [`  ${sentence(known.meaning)}`];
}

function detailsOf({ id, about, enrollmentId, profile, policy, receiptId, ...rest }: Shown) {
  const { requestId, where, takesBack } = rest;
  const details: [string, string | undefined][] = [
    ['enrollment', enrollmentId],
    ['profile', profile],
    ['about', policy === undefined ? about?.join(', ') : undefined],
    ['policy', policy === undefined ? undefined : `${policy.version}, by ${policy.rules.join(', ')}`],
    ['receipt', receiptId],
    ['takes back', takesBack],
    ['request', requestId],
    ['recorded at', where],
    ['entry', id],
  ];
  return details.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]));
}
