import type { EnrollmentView } from '#contract/api/enrollments.ts';
import { commonNameOf } from '#contract/fields.ts';
import { printable, sentence } from '#domain/plain-words.ts';
import { type Column, table } from '../terminal/table.ts';

/** Columns of a list of enrollments; those that are always as wide stand first, so that pages line up. */
const columns: readonly Column[] = [
  { heading: 'ID', least: 30 },
  { heading: 'STATE', least: 19 },
  { heading: 'PURPOSE', least: 10 },
  { heading: 'KEY', least: 13 },
  { heading: 'REQUESTED', least: 16 },
  { heading: 'SUBSCRIBER', shortens: true },
  { heading: 'NAME', shortens: true },
];

/** Enrollments, one a line. @param headed whether the headings stand above */
export function enrollmentTable(enrollments: readonly EnrollmentView[], headed = true): string {
  const rows = enrollments.map(({ id, state, purpose, keySpec, requestedAt, subscriber }) => [
    id,
    state,
    purpose,
    keySpec,
    requestedAt.slice(0, 16).replace('T', ' '),
    subscriber.id,
    commonNameOf(subscriber),
  ]);
  return table(columns, rows, { headed });
}

/** All that is known of one enrollment, and what to do with it next. */
export function describeEnrollment(enrollment: EnrollmentView): string {
  const { id, state, subscriber, purpose, label, keySpec, assurance, custody, policy, key } = enrollment;
  const lines = [
    `${id}: ${state}`,
    `  subscriber  ${subscriber.id}, ${commonNameOf(subscriber)}, ${subscriber.email}`,
    `  key         ${label} (${purpose}), ${keySpec}, assurance ${assurance}, custody ${custody}`,
    ...(key === undefined ? [] : [`  public key  SPKI SHA-256 ${key.spkiSha256}`]),
    `  may leave   ${enrollment.exportable ? 'yes: its subscriber can export copies' : 'no, never'}`,
    `  escrow      ${enrollment.escrow}, ${count(enrollment.backups, 'active backup')}`,
    ...dueLines(enrollment),
    `  lock        ${lockWords[enrollment.lock]}${wrongTries(enrollment)}`,
    `  copies      ${count(enrollment.exports, 'export')}`,
    `  policy      ${policy.version}: ${policy.rules.join(', ')}`,
    `  requested   ${enrollment.requestedAt}`,
    ...refusalLines(enrollment),
  ];
  return lines.map(printable).join('\n');
}

const lockWords: Readonly<Record<EnrollmentView['lock'], string>> = {
  password: "the subscriber's password",
  recipient: 'the key that the request named',
  held: 'none: held by the service alone',
  resident: 'none needed: the key never leaves custody',
};

function wrongTries({ wrongPasswords: { inARow, inLife } }: EnrollmentView): string {
  if (inLife === 0) return '';
  return `; ${count(inARow, 'wrong try', 'wrong tries')} in a row, ${inLife} in all`;
}

function dueLines({ escrowDue }: EnrollmentView): string[] {
  if (escrowDue === undefined) return [];
  const { since, policy } = escrowDue;
  return [
    `  escrow due  since ${since}, by policy ${policy.version}: ${policy.rules.join(', ')}`,
    '              made when its subscriber next takes a copy or changes the password',
  ];
}

function refusalLines({ refusal }: EnrollmentView): string[] {
  if (refusal === undefined) return [];
  return [
    `  refused     ${sentence(refusal.reason)} (${refusal.code})`,
    `  ask         ${refusal.contact}`,
    `  receipt     ${refusal.receiptId}`,
  ];
}

/** A number and what it counts, as in `1 export` or `2 exports`. */
export function count(number: number, one: string, several = `${one}s`): string {
  return `${number} ${number === 1 ? one : several}`;
}
