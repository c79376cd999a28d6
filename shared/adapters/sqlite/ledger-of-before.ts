import type { DatabaseSync } from 'node:sqlite';
import { beforeTheFirst, formatLine, isTime, lineSha256 as sha256Of } from '#crypto/ledger/line.ts';
import type { LedgerEntry } from '#ports/ledger.ts';
import { integerOf, type Row, textOf } from './rows.ts';

/** What the table holds that data folders had before lines had their present form. */
const table = 'ledger_of_before';

/** An entry as it was kept then; its JSON, in this order, is what its digest was taken of. */
interface EarlierBody {
  sequence: number;
  time: string;
  previousSha256: string;
  entry: LedgerEntry;
}

/** Where a chain has got to. */
interface Chain {
  organization: string;
  sequence: number;
  /** Of the last line in the present form. */
  sha256: string;
  /** Of the last row in the earlier form, as it stood there. */
  earlierSha256: string;
  /** The first row that was not the one that was recorded; absent where all were. */
  broken?: number;
}

/**
 * Writes the entries of before anew, in the present form: each keeps its sequence, its time and its content, and has its former
 * digest in its id (`led_` and 64 hexadecimal digits), so that the former chain can be computed from the present one. A line at
 * the end of each chain says so, with the former head; and which entry was not the one that was recorded, where there is one.
 *
 * All of it is one transaction; a folder that has been through it is left alone.
 * @param now when the lines at the end are written; ISO 8601
 */
export function moveLedgerOfBefore(connection: DatabaseSync, now: string): void {
  if (!isThere(connection)) return;
  connection.exec('BEGIN IMMEDIATE');
  // Looked at again under the lock: another process may have been faster.
  if (isThere(connection)) {
    const insert = connection.prepare(
      'INSERT INTO ledger (organization, sequence, line, sha256) VALUES (?, ?, ?, ?)',
    );
    const write = (organization: string, sequence: number, text: string) =>
      void insert.run(organization, sequence, text, sha256Of(text));
    for (const chain of moved(connection, write)) closeChain(chain, now, write);
    connection.exec(`DROP TABLE ${table}`);
  }
  connection.exec('COMMIT');
}

type Write = (organization: string, sequence: number, text: string) => void;

/** Moves every row. @returns where each organization's chain ended */
function moved(connection: DatabaseSync, write: Write): Chain[] {
  const chains = new Map<string, Chain>();
  const rows = connection.prepare(`SELECT * FROM ${table} ORDER BY organization, sequence`);
  for (const row of rows.iterate()) {
    const organization = textOf(row, 'organization');
    const chain = chains.get(organization) ?? newChain(organization);
    chains.set(organization, moveRow(row, chain, write));
  }
  return [...chains.values()];
}

function moveRow(row: Row, chain: Chain, write: Write): Chain {
  const { organization, sequence: before, sha256: previousSha256, earlierSha256 } = chain;
  // A row that somebody took out left a gap, and the present form has none.
  const sequence = before + 1;
  const body = textOf(row, 'body');
  const digest = textOf(row, 'sha256');
  const earlier = bodyOf(body, organization);
  const isWhole =
    integerOf(row, 'sequence') === sequence &&
    earlier.sequence === sequence &&
    earlier.previousSha256 === earlierSha256 &&
    earlier.entry.organization === organization &&
    sha256Of(body) === digest;
  // What was changed may have the digest of another.
  const named = isWhole ? digest : sha256Of(JSON.stringify([organization, sequence, body, digest]));
  const { time, entry } = earlier;
  const text = formatLine({ sequence, previousSha256, time, id: `led_${named}`, entry });
  write(organization, sequence, text);
  const broken = chain.broken ?? (isWhole ? undefined : integerOf(row, 'sequence'));
  return {
    ...{ organization, sequence, sha256: sha256Of(text), earlierSha256: digest },
    ...(broken !== undefined && { broken }),
  };
}

/** What a row says; where it says nothing that an entry says, that it does. */
function bodyOf(body: string, organization: string): EarlierBody {
  const unreadable = {
    ...{ sequence: 0, time: new Date(0).toISOString(), previousSha256: '' },
    entry: { action: 'unreadable', organization, principal: '', outcome: 'failed', code: 'object-damaged' },
  } as const;
  try {
    const earlier: Partial<EarlierBody> = JSON.parse(body);
    const { sequence = 0, time = '', previousSha256 = '', entry } = earlier;
    const known = isTime(time) && entry !== undefined && typeof entry.organization === 'string';
    return known ? { sequence, time, previousSha256, entry } : unreadable;
  } catch {
    return unreadable;
  }
}

function closeChain(
  { organization, sequence, sha256, earlierSha256, broken }: Chain,
  now: string,
  write: Write,
) {
  const common = { action: 'move-ledger', organization, principal: 'service' } as const;
  const entry: LedgerEntry =
    broken === undefined
      ? { ...common, outcome: 'done', about: [earlierSha256] }
      : { ...common, outcome: 'failed', code: 'object-damaged', about: [earlierSha256, `entry ${broken}`] };
  const id = `led_${sha256Of(JSON.stringify([organization, earlierSha256]))}`;
  const line = { sequence: sequence + 1, previousSha256: sha256, time: now, id, entry };
  write(organization, line.sequence, formatLine(line));
}

function newChain(organization: string): Chain {
  return { organization, sequence: 0, sha256: beforeTheFirst, earlierSha256: beforeTheFirst };
}

function isThere(connection: DatabaseSync): boolean {
  const found = connection.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?");
  return found.get(table) !== undefined;
}
