import { tables } from '#contract/tables.ts';
import { lineSha256 } from '#crypto/ledger/line.ts';
import { treePieces } from '#crypto/ledger/tree-pieces.ts';
import { StoreError } from '#domain/errors.ts';
import type { KeptLine, LedgerLine } from '#ports/ledger-log.ts';
import type { SealableLog, SealedSoFar } from '#ports/sealable-log.ts';
import type { DynamoCalls } from './calls.ts';
import type { Condition } from './expressions.ts';
import { ChainCheck, linkOf, partitionOf, placeIn } from './ledger-chain.ts';
import type { Row } from './rows.ts';
import { textOf } from './rows.ts';
import { lineAt, markOf, sealedAttributes, segmentsOf } from './sealed-rows.ts';
import { Table } from './table.ts';
import { pieceAttributes } from './tree-rows.ts';

/** Comes after every place, which begins with a year. */
export const afterAllPlaces = '~';

/** How many rows are given their mark at the same time. */
const marksAtOnce = 25;
/** Rows that are looked up together. */
const rowsAtOnce = 500;

const unsealed: Condition = { expression: 'attribute_not_exists(#sealedIn)' };

/**
 * The entries that `DynamoLedger` puts, for what seals them. Many put entries side by side, so they have no order but that of
 * their clocks: sealing gives them one, by time, writer and sequence, and marks each row with its place. What comes late, though
 * its clock says earlier, comes into a later segment.
 *
 * A mark is never changed, so an entry is sealed once, whoever seals at the same time and however often its record of the
 * stream comes: the segment is there before the first mark is, no further segment can be before the last mark is, and what is
 * marked is not given again. An entry that was altered since it was recorded is not given, and nothing after it, as far as the links
 * of its writer tell.
 */
export class DynamoSealableLog implements SealableLog {
  readonly #table: Table;
  readonly #earliest: string;

  /**
   * @param table the name of the table `ledger`
   * @param earliest the place (`ledger-chain.ts`) from which on unsealed entries are looked for; from the very first if empty
   */
  constructor(calls: DynamoCalls, table: string, earliest = '') {
    this.#table = new Table(calls, table, tables.ledger);
    this.#earliest = earliest;
  }

  /** @throws StoreError `object-damaged` for an entry that is not the one that was recorded, besides what the port says */
  async *following(organization: string, sealed: SealedSoFar): AsyncGenerator<KeptLine> {
    let { treeSize: sequence, lastLineSha256: previousSha256 } = sealed;
    const sort = { from: this.#earliest === '' ? '0' : this.#earliest, to: afterAllPlaces };
    const question = { partition: partitionOf(organization), sort, filter: unsealed };
    const chains = new ChainCheck(organization);
    for await (const row of this.#table.rows(question)) {
      // What comes between two entries of a writer may be sealed already; that it never comes, whoever verifies sees by its number.
      if (!chains.next(row).isWhole) throw changed(textOf(row, 'record'));
      sequence += 1;
      const line = lineAt(linkOf(row), { sequence, previousSha256 });
      previousSha256 = lineSha256(line.text);
      yield line;
    }
  }

  async holds(organization: string, segment: number, lines: readonly string[]): Promise<boolean> {
    for (let start = 0; start < lines.length; start += rowsAtOnce) {
      const some = lines.slice(start, start + rowsAtOnce);
      const places = some.map((text) => placeOfLine(organization, parse(text)));
      const rows = await this.#table.getMany(partitionOf(organization), places.filter(isText));
      const byPlace = new Map(rows.map((row) => [textOf(row, 'record'), row]));
      const areHeld = some.every((text, index) => isOf(byPlace.get(places[index] ?? ''), segment, text));
      if (!areHeld) return false;
    }
    return true;
  }

  async noteSealed(
    organization: string,
    segment: number,
    lines: readonly string[],
    { treeSize, nodes }: SealedSoFar,
  ): Promise<void> {
    const waiting = lines.map(parse).values();
    const mark = async () => {
      for (const line of waiting) await this.#mark(organization, segment, line);
    };
    await Promise.all(Array.from({ length: marksAtOnce }, mark));
    const partition = segmentsOf(organization);
    for (const piece of treePieces(treeSize, nodes, lines)) {
      const row = { organization: partition, ...pieceAttributes(segment, piece) };
      // The same stands there already where this is done again.
      await this.#table.put(row, { expression: 'attribute_not_exists(#record)' });
    }
  }

  async #mark(organization: string, segment: number, line: LedgerLine): Promise<void> {
    const place = placeOfLine(organization, line);
    const attributes = sealedAttributes(segment, line);
    const isSame = '#sealedIn = :sealedIn AND #position = :position';
    const expression = `attribute_exists(#record) AND (attribute_not_exists(#sealedIn) OR (${isSame}))`;
    const written =
      place !== undefined &&
      (await this.#table.set(partitionOf(organization), place, attributes, { expression })).done;
    if (!written) {
      throw new StoreError('object-damaged', {
        why: `An entry of segment ${segment} of the ledger is gone, or stands in another segment.`,
        next: 'Tell the operator: verify an export of the ledger with a checkpoint that was kept elsewhere.',
      });
    }
  }
}

function changed(place: string): StoreError {
  return new StoreError('object-damaged', {
    why: `An entry of the ledger, or the one before it of the same process, is not the one that was recorded: ${place}.`,
    next: 'Tell the operator: restore the table to before it was changed. Nothing of this ledger is sealed until then.',
  });
}

/** Whether a row is that of the entry of a line, and stands where the line does, or nowhere yet. */
function isOf(row: Row | undefined, segment: number, text: string): boolean {
  if (row === undefined) return false;
  const line = parse(text);
  const mark = markOf(row);
  const isFree = mark === undefined || (mark.sealedIn === segment && mark.sequence === line.sequence);
  return isFree && lineAt(linkOf(row), line).text === text;
}

function placeOfLine(organization: string, { id }: LedgerLine): string | undefined {
  return placeIn(organization, id);
}

function parse(text: string): LedgerLine {
  return JSON.parse(text);
}

function isText(value: string | undefined): value is string {
  return value !== undefined;
}
