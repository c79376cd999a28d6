import { beforeAll, describe, expect, it } from 'vitest';
import { lineLeaf } from '#crypto/ledger/line.ts';
import { consistencyProof, Frontier, inclusionProof } from '#crypto/ledger/merkle.ts';
import { rootIndexOf, type TreePiece, treePieces } from '#crypto/ledger/tree-pieces.ts';
import type { LedgerHashes } from '#ports/ledger-hashes.ts';
import type { LedgerLog } from '#ports/ledger-log.ts';
import { LedgerTrees } from '#steps/ledger-trees.ts';

const all = Array.from({ length: 4_500 }, (_, index) => ({ sequence: index + 1, text: `line ${index + 1}` }));
const leaves = all.map(({ text }) => lineLeaf(text));
let read = 0;

/** A log of lines that are none: a tree does not care what stands in them. */
const log: Pick<LedgerLog, 'lines'> = {
  async lines(_organization, after, limit) {
    const lines = all.slice(after, after + limit);
    read += lines.length;
    return lines;
  },
};

const sizes = [1, 2, 3, 7, 1_023, 1_024, 1_025, 2_047, 2_048, 2_049, 3_100, 4_096, 4_097, 4_500];
const places = sizes.flatMap((size) =>
  [...new Set([0, 1, size >> 1, size - 2, size - 1, 1_023, 1_024])]
    .filter((index) => index >= 0 && index < size)
    .map((index) => ({ size, index })),
);

describe('the tree over a log', () => {
  let trees: LedgerTrees;
  beforeAll(() => {
    trees = new LedgerTrees(log);
  });

  it.each(places)('has the path of leaf $index of $size', async ({ size, index }) => {
    const expected = inclusionProof(leaves.slice(0, size), index);
    expect(await trees.inclusionPaths('acme', [index], size)).toEqual([expected]);
  });

  it.each(places)('has the proof that the first $index of $size are the same', async ({ size, index }) => {
    const expected = consistencyProof(leaves.slice(0, size), index);
    expect(await trees.consistencyPath('acme', index, size)).toEqual(expected);
  });

  it('has many paths at once, and reads each block once', async () => {
    const indexes = [3, 2_047, 2_048, 4, 4_499, 1_024, 3];
    read = 0;
    const paths = await new LedgerTrees(log).inclusionPaths('acme', indexes, 4_500);
    expect(paths).toEqual(indexes.map((index) => inclusionProof(leaves, index)));
    expect(read).toBe(4_500);
  });

  it('reads all of a log once, and then no more than the blocks that a path goes through', async () => {
    const fresh = new LedgerTrees(log);
    read = 0;
    await fresh.inclusionPaths('acme', [10], 4_500);
    expect(read).toBeLessThanOrEqual(4_500);
    read = 0;
    await fresh.inclusionPaths('acme', [2_000], 4_500);
    expect(read).toBe(1_024 + 404);
    read = 0;
    await fresh.inclusionPaths('other', [10], 4_500);
    expect(read).toBeGreaterThan(4_000);
  });
});

/** What is kept of a ledger that was sealed a thousand and one lines at a time. */
function allPieces(): TreePiece[] {
  const frontier = new Frontier();
  const pieces: TreePiece[] = [];
  while (frontier.size < all.length) {
    const texts = all.slice(frontier.size, frontier.size + 1_001).map(({ text }) => text);
    pieces.push(...treePieces(frontier.size, frontier.nodes(), texts));
    for (const text of texts) frontier.append(lineLeaf(text));
  }
  return pieces;
}

const pieces = allPieces();

/** @param first the first piece that is kept */
function keptHashes(first = 0) {
  const kept = pieces.slice(first);
  const calls = { leaves: 0, roots: 0 };
  const hashes: LedgerHashes = {
    async leaves(_organization, start, end) {
      calls.leaves += 1;
      const begin = (kept[0]?.end ?? 0) - (kept[0]?.leaves.length ?? 0);
      return start < begin
        ? undefined
        : kept.flatMap((piece) => piece.leaves).slice(start - begin, end - begin);
    },
    async roots(_organization, subtrees) {
      calls.roots += 1;
      return subtrees.map(
        ({ end, height }) => kept.find((piece) => piece.end === end)?.roots[rootIndexOf(height)],
      );
    },
  };
  return { hashes, calls };
}

describe('the tree over a log whose hashes are kept', () => {
  it.each(places)('has the path of leaf $index of $size, and reads no line', async ({ size, index }) => {
    const { hashes, calls } = keptHashes();
    read = 0;
    const paths = await new LedgerTrees(log, hashes).inclusionPaths('acme', [index], size);
    expect(paths).toEqual([inclusionProof(leaves.slice(0, size), index)]);
    expect(read).toBe(0);
    // That of the line, and the last one, which is not whole.
    expect(calls.leaves).toBeLessThanOrEqual(2);
    expect(calls.roots).toBeLessThanOrEqual(1);
  });

  it.each(places)('has the proof that the first $index of $size are the same', async ({ size, index }) => {
    read = 0;
    const path = await new LedgerTrees(log, keptHashes().hashes).consistencyPath('acme', index, size);
    expect(path).toEqual(consistencyProof(leaves.slice(0, size), index));
    expect(read).toBe(0);
  });

  it('has the path where the first hashes are not kept, by the lines of those', async () => {
    const { hashes } = keptHashes(3);
    read = 0;
    const paths = await new LedgerTrees(log, hashes).inclusionPaths('acme', [4_400, 10], 4_500);
    expect(paths).toEqual([inclusionProof(leaves, 4_400), inclusionProof(leaves, 10)]);
    expect(read).toBeGreaterThan(1_000);
    expect(read).toBeLessThanOrEqual(3_072);
  });

  it('asks for all roots at once, however many lines are to be proved', async () => {
    const { hashes, calls } = keptHashes();
    await new LedgerTrees(log, hashes).inclusionPaths('acme', [3, 1_500, 1_501, 4_400], 4_500);
    expect(calls).toEqual({ roots: 1, leaves: 3 });
  });
});
