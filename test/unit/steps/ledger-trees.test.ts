import { beforeAll, describe, expect, it } from 'vitest';
import { lineLeaf } from '#crypto/ledger/line.ts';
import { consistencyProof, inclusionProof } from '#crypto/ledger/merkle.ts';
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

describe('the tree over a log', () => {
  let trees: LedgerTrees;
  beforeAll(() => {
    trees = new LedgerTrees(log);
  });

  const sizes = [1, 2, 3, 7, 1_023, 1_024, 1_025, 2_047, 2_048, 2_049, 3_100, 4_096, 4_097, 4_500];
  const places = sizes.flatMap((size) =>
    [...new Set([0, 1, size >> 1, size - 2, size - 1, 1_023, 1_024])]
      .filter((index) => index >= 0 && index < size)
      .map((index) => ({ size, index })),
  );

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
