import { createHash, randomBytes } from 'node:crypto';
import { numberedId } from '#crypto/ledger/numbered-id.ts';
import type { LedgerEntry } from '#ports/ledger.ts';
import { type Row, textOf } from './rows.ts';

/** An entry in the chain of its writer. */
export interface Link {
  writer: string;
  /** 1 for a writer's first entry of an organization, and then without gaps. */
  sequence: number;
  /** ISO 8601 */
  time: string;
  /** SHA-256 of the body of the writer's entry before, hex; 64 zeros in the first. */
  previousSha256: string;
  entry: LedgerEntry;
}

/** Stands for the digest before a chain's first entry. */
export const beforeTheFirst = '0'.repeat(64);

/** Where entries stand that name no organization. */
const nobody = '-';

/** The partition of an organization's entries: no organization is called as that of nobody is. */
export function partitionOf(organization: string): string {
  return organization === '' ? nobody : organization;
}

/** The organization whose partition it is. */
export function organizationIn(partition: string): string {
  return partition === nobody ? '' : partition;
}

const writerForm = /^[0-9a-f]{18}$/;

/** What tells a chain from every other: 18 hexadecimal digits of chance. */
export function newWriter(): string {
  return randomBytes(9).toString('hex');
}

/**
 * The id of an entry, which tells its place: `led_`, then its time and sequence in base 36 around its writer. One that was written
 * before ids were of this form has the organization and the place for one.
 */
export function entryIdOf({ time, writer, sequence, entry }: Omit<Link, 'previousSha256'>): string {
  if (!writerForm.test(writer)) return `${entry.organization}/${placeOf({ time, writer, sequence })}`;
  const moment = Date.parse(time).toString(36).padStart(9, '0');
  return `led_${moment}${writer}${sequence.toString(36)}`;
}

/** The sort key of the entry with an id; undefined where no entry of the organization has such an id. */
export function placeIn(organization: string, id: string): string | undefined {
  const [, moment = '', writer = '', sequence = ''] = numberedId.exec(id) ?? [];
  if (writer === '') return id.startsWith(`${organization}/`) ? id.slice(organization.length + 1) : undefined;
  const time = new Date(Number.parseInt(moment, 36));
  if (Number.isNaN(time.getTime())) return undefined;
  return placeOf({ time: time.toISOString(), writer, sequence: Number.parseInt(sequence, 36) });
}

/** The sort key of an entry, unique and in the order of recording as far as the writers' clocks agree. */
export function placeOf({ time, writer, sequence }: Omit<Link, 'entry' | 'previousSha256'>): string {
  return `${time}#${writer}#${String(sequence).padStart(9, '0')}`;
}

/** The exact text that the SHA-256 of an entry is taken of. */
export function bodyOf(link: Link): string {
  return JSON.stringify(link);
}

/** A row of the table `ledger` as the link that it holds. */
export function linkOf(row: Row): Link {
  return JSON.parse(textOf(row, 'body'));
}

/**
 * Checks every chain among an organization's rows.
 * @param rows all that are there, in the order of their places
 * @returns the places whose entry is not the one that was recorded, or that follow one which is missing; none if all are whole
 */
export function brokenPlaces(organization: string, rows: readonly Row[]): string[] {
  const chains = new ChainCheck(organization);
  return rows.flatMap((row) => {
    const { isWhole, isNext } = chains.next(row);
    return isWhole && isNext ? [] : [textOf(row, 'record')];
  });
}

/** Checks an organization's chains, row after row in the order of their places. */
export class ChainCheck {
  readonly #organization: string;
  readonly #heads = new Map<string, { sequence: number; sha256: string }>();

  constructor(organization: string) {
    this.#organization = organization;
  }

  /**
   * Whether the entry of a row is the one that was recorded there, as far as that row and the one before it of the same writer tell;
   * and whether that one was the row that came before.
   */
  next(row: Row): { isWhole: boolean; isNext: boolean } {
    const link = readLink(row);
    if (link === undefined) return { isWhole: false, isNext: false };
    const { writer, sequence, previousSha256, entry } = link;
    const head = this.#heads.get(writer) ?? { sequence: 0, sha256: beforeTheFirst };
    const sha256 = digestOf(row);
    this.#heads.set(writer, { sequence, sha256 });
    const isNext = sequence === head.sequence + 1;
    const isWhole =
      placeOf(link) === textOf(row, 'record') &&
      (!isNext || previousSha256 === head.sha256) &&
      entry.organization === this.#organization &&
      // Whoever writes the table can write a digest that fits; the links must fit too.
      textOf(row, 'sha256') === sha256;
    return { isWhole, isNext };
  }
}

function readLink(row: Row): Link | undefined {
  try {
    return linkOf(row);
  } catch {
    return undefined;
  }
}

function digestOf(row: Row): string {
  return createHash('sha256').update(textOf(row, 'body')).digest('hex');
}
