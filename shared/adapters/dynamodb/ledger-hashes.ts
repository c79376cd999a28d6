import { tables } from '#contract/tables.ts';
import { pieceSize, rootIndexOf } from '#crypto/ledger/tree-pieces.ts';
import type { LedgerHashes, Subtree } from '#ports/ledger-hashes.ts';
import type { DynamoCalls } from './calls.ts';
import { positionOf, segmentsOf } from './sealed-rows.ts';
import { Table } from './table.ts';
import { pieceOf, rootsOf } from './tree-rows.ts';

/** Reads what `DynamoSealableLog` keeps of the trees: a query for leaves of a block, a few rows for all roots of a proof. */
export class DynamoLedgerHashes implements LedgerHashes {
  readonly #table: Table;

  /** @param table the name of the table `ledger` */
  constructor(calls: DynamoCalls, table: string) {
    this.#table = new Table(calls, table, tables.ledger);
  }

  async leaves(organization: string, start: number, end: number): Promise<Uint8Array[] | undefined> {
    const found: Uint8Array[] = [];
    // No piece goes over the end of a block.
    const to = positionOf(Math.ceil(end / pieceSize) * pieceSize);
    const question = { partition: segmentsOf(organization), sort: { from: positionOf(start + 1), to } };
    for await (const row of this.#table.rows(question)) {
      const piece = pieceOf(row);
      const next = start + found.length;
      // It begins at, or before, what is asked for next.
      const skipped = piece === undefined ? -1 : next - (piece.end - piece.leaves.length);
      if (piece === undefined || skipped < 0) return undefined;
      found.push(...piece.leaves.slice(skipped));
      if (found.length >= end - start) return found.slice(0, end - start);
    }
    return undefined;
  }

  async roots(organization: string, subtrees: readonly Subtree[]): Promise<(Uint8Array | undefined)[]> {
    const records = subtrees.map(({ end }) => positionOf(end));
    const rows = await this.#table.getMany(segmentsOf(organization), records, ['record', 'roots']);
    const known = new Map(rows.map((row) => [row['record'], row]));
    return subtrees.map(({ height }, index) => {
      const row = known.get(records[index]);
      return row === undefined ? undefined : rootsOf(row)[rootIndexOf(height)];
    });
  }
}
