import { formatLine } from '#crypto/ledger/line.ts';
import { InternalError } from '#domain/errors.ts';
import type { KeptLine, LedgerLine } from '#ports/ledger-log.ts';
import { entryIdOf, type Link, linkOf, partitionOf } from './ledger-chain.ts';
import { bytesOf, numberOf, type Row, textOf } from './rows.ts';

/** Where an entry stands in the log, once it is sealed. */
export interface Mark {
  /** The number of its segment. */
  sealedIn: number;
  sequence: number;
  /** SHA-256 of the line before, hex. */
  previousSha256: string;
}

const digits = 15;

/** A sequence as a sort key. */
export function positionOf(sequence: number): string {
  return String(sequence).padStart(digits, '0');
}

/** Partition of the records of an organization's segments, by the sequence of the last line of each. */
export function segmentsOf(organization: string): string {
  return `${partitionOf(organization)}#segments`;
}

/** Partitions of the indexes, under which sealed entries are found. */
export const foundBy = {
  enrollment: (organization: string, id: string) => `${partitionOf(organization)}#${id}`,
  principal: (organization: string, subject: string) => `${partitionOf(organization)}#${subject}`,
  refusal: (organization: string) => partitionOf(organization),
} as const;

/**
 * What sealing adds to the row of an entry: where its line stands, with all that the line has and the row had not; and what it is
 * found by, so that the indexes hold sealed entries alone, in the order of the log. Nothing else of the row is ever changed.
 */
export function sealedAttributes(sealedIn: number, { sequence, previousSha256, entry }: LedgerLine): Row {
  const { organization, enrollmentId, principal, outcome } = entry;
  return {
    sealedIn,
    position: positionOf(sequence),
    previousSha256: Buffer.from(previousSha256, 'hex'),
    ...(enrollmentId !== undefined && { enrollmentKey: foundBy.enrollment(organization, enrollmentId) }),
    principalKey: foundBy.principal(organization, principal),
    ...(outcome === 'refused' && { refusalKey: foundBy.refusal(organization) }),
  };
}

/** The names of those attributes. */
export const sealedAttributeNames = [
  'sealedIn',
  'position',
  'previousSha256',
  'enrollmentKey',
  'principalKey',
  'refusalKey',
] as const;

/** What sealing noted in a row; undefined where it is not sealed. */
export function markOf(row: Row): Mark | undefined {
  if (row['sealedIn'] === undefined) return undefined;
  return {
    sealedIn: numberOf(row, 'sealedIn'),
    sequence: Number(textOf(row, 'position')),
    previousSha256: Buffer.from(bytesOf(row, 'previousSha256')).toString('hex'),
  };
}

/** The line of an entry at a place in the log. */
export function lineAt(link: Link, { sequence, previousSha256 }: Omit<Mark, 'sealedIn'>): KeptLine {
  const { time, entry } = link;
  return { sequence, text: formatLine({ sequence, previousSha256, time, id: entryIdOf(link), entry }) };
}

/** The line of a row that is sealed. @throws InternalError `internal` if it is not */
export function sealedLine(row: Row): KeptLine {
  const mark = markOf(row);
  if (mark === undefined) throw new InternalError('internal', { cause: new TypeError('not sealed') });
  return lineAt(linkOf(row), mark);
}
