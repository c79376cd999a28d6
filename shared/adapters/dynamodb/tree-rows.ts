import type { TreePiece } from '#crypto/ledger/tree-pieces.ts';
import { bytesOf, type Row, textOf } from './rows.ts';
import { positionOf } from './sealed-rows.ts';

const hashLength = 32;

/**
 * The row of a piece of the tree, which is also that of the segment it is sealed in: a segment has one, or several where it is
 * longer than a piece, so the first row after a line's place tells its segment.
 */
export function pieceAttributes(segment: number, { end, leaves, roots }: TreePiece): Row {
  return {
    record: positionOf(end),
    segment,
    leaves: Buffer.concat(leaves),
    ...(roots.length > 0 && { roots: Buffer.concat(roots) }),
  };
}

/** The piece of a row; undefined where the row has only the number of its segment, as those of before have. */
export function pieceOf(row: Row): TreePiece | undefined {
  if (row['leaves'] === undefined) return undefined;
  const leaves = hashesIn(bytesOf(row, 'leaves'));
  return { end: Number(textOf(row, 'record')), leaves, roots: rootsOf(row) };
}

/** The roots that the row of a piece has. */
export function rootsOf(row: Row): Uint8Array[] {
  return row['roots'] === undefined ? [] : hashesIn(bytesOf(row, 'roots'));
}

function hashesIn(bytes: Uint8Array): Uint8Array[] {
  const count = Math.floor(bytes.length / hashLength);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * hashLength, (index + 1) * hashLength),
  );
}
