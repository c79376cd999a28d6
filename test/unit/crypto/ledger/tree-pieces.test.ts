import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineLeaf } from '#crypto/ledger/line.ts';
import { Frontier, merkleRoot } from '#crypto/ledger/merkle.ts';
import { pieceSize, rootIndexOf, type TreePiece, treePieces } from '#crypto/ledger/tree-pieces.ts';

const lines = Array.from({ length: 4_200 }, (_, index) => `line ${index + 1}`);
const leaves = lines.map((text) => lineLeaf(text));

/** The pieces of lines that are sealed a segment after another. @param sizes how many lines each has */
function piecesOf(sizes: readonly number[]): TreePiece[] {
  const frontier = new Frontier();
  return sizes.flatMap((size) => {
    const own = lines.slice(frontier.size, frontier.size + size);
    const pieces = treePieces(frontier.size, frontier.nodes(), own);
    for (const text of own) frontier.append(lineLeaf(text));
    return pieces;
  });
}

describe('what is kept of a tree', () => {
  it('is each leaf once, cut at the ends of blocks and of segments, whatever those are', () => {
    const segments = fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(segments, (sizes) => {
        const total = Math.min(
          sizes.reduce((sum, each) => sum + each, 0),
          lines.length,
        );
        const pieces = piecesOf(sizes);
        expect(pieces.flatMap((piece) => piece.leaves)).toEqual(leaves.slice(0, total));
        for (const { end, leaves: own } of pieces) {
          expect(Math.floor((end - own.length) / pieceSize)).toBe(Math.floor((end - 1) / pieceSize));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is the root of each whole subtree of a block or more', () => {
    const ends = piecesOf([1_000, 30, 3_170]).filter(({ roots }) => roots.length > 0);
    expect(ends.map(({ end, roots }) => [end, roots.length])).toEqual([
      [1_024, 1],
      [2_048, 2],
      [3_072, 1],
      [4_096, 3],
    ]);
    for (const { end, roots } of ends) {
      for (const [index, root] of roots.entries()) {
        expect(root).toEqual(merkleRoot(leaves.slice(end - pieceSize * 2 ** index, end)));
        expect(rootIndexOf(Math.log2(pieceSize * 2 ** index))).toBe(index);
      }
    }
  });
});
