import { setImmediate as breath } from 'node:timers/promises';
import { lineLeaf } from '#crypto/ledger/line.ts';
import {
  consistencyRanges,
  inclusionRanges,
  type LeafRange,
  merkleRoot,
  nodeHash,
} from '#crypto/ledger/merkle.ts';
import { pieceSize } from '#crypto/ledger/tree-pieces.ts';
import type { LedgerHashes, Subtree } from '#ports/ledger-hashes.ts';
import type { LedgerLog } from '#ports/ledger-log.ts';

/** The leaves of a subtree whose root is remembered: a power of two. */
const blockSize = pieceSize;

/** Where no hashes are kept. */
const nothingKept: LedgerHashes = {
  leaves: async () => undefined,
  roots: async (_organization, subtrees) => subtrees.map(() => undefined),
};

/** A tree that proofs are made of. */
interface Proving {
  organization: string;
  size: number;
  /** The first leaves of those blocks that proofs go through. */
  through: ReadonlySet<number>;
  /** The leaves of those that were read, by the first of each: no others, or all of a ledger would be in memory. */
  leaves: Map<number, readonly Uint8Array[]>;
  /** Roots that are kept, by their subtrees. */
  kept: ReadonlyMap<string, Uint8Array>;
}

/**
 * The trees over organizations' ledgers. Where hashes of them are kept as they are sealed, a proof takes a few of those, however
 * long a ledger is. What is not kept is made of the lines: the roots of whole blocks of 1,024 are remembered then, since lines never
 * change, so a proof reads a few blocks, but for the first one, which reads all. That is 32 bytes for each 1,024 lines. Neither is
 * ever trusted: whoever asks for a path verifies it by a signed root.
 */
export class LedgerTrees {
  readonly #log: Pick<LedgerLog, 'lines'>;
  readonly #hashes: LedgerHashes;
  readonly #blocks = new Map<string, Map<number, Uint8Array>>();

  constructor(log: Pick<LedgerLog, 'lines'>, hashes = nothingKept) {
    this.#log = log;
    this.#hashes = hashes;
  }

  /**
   * The inclusion proofs of lines in the tree over the first `size` lines (RFC 9162 section 2.1.3.1). However many lines are
   * asked for, each block is read once.
   * @param indexes of the lines, from 0
   * @throws InternalError `internal` if that tree has no such line; StoreError `store-unavailable`
   */
  async inclusionPaths(
    organization: string,
    indexes: readonly number[],
    size: number,
  ): Promise<Uint8Array[][]> {
    const ranges = indexes.map((index) => inclusionRanges(index, size));
    const proving = await this.#proving(organization, size, indexes, ranges.flat());
    const paths: Uint8Array[][] = [];
    for (const each of ranges) paths.push(await this.#rootsOver(proving, each));
    return paths;
  }

  /**
   * The proof that the tree over the first `size` lines begins with that over the first `earlier` of them (RFC 9162 section
   * 2.1.4.1).
   * @throws InternalError `internal` if there are not as many; StoreError `store-unavailable`
   */
  async consistencyPath(organization: string, earlier: number, size: number): Promise<Uint8Array[]> {
    const ranges = consistencyRanges(earlier, size);
    return await this.#rootsOver(await this.#proving(organization, size, [earlier], ranges), ranges);
  }

  /** @param ranges all that proofs consist of, so that the roots that are kept are asked for at once */
  async #proving(
    organization: string,
    size: number,
    indexes: readonly number[],
    ranges: readonly LeafRange[],
  ): Promise<Proving> {
    const wide = ranges.flatMap(wholeSubtrees).filter(({ height }) => 2 ** height >= blockSize);
    const asked = [...new Map(wide.map((each) => [keyOf(each), each])).values()];
    const roots = asked.length === 0 ? [] : await this.#hashes.roots(organization, asked);
    const kept = new Map<string, Uint8Array>();
    for (const [index, subtree] of asked.entries()) {
      const root = roots[index];
      if (root !== undefined) kept.set(keyOf(subtree), root);
    }
    return { organization, size, through: new Set(indexes.map(blockOf)), leaves: new Map(), kept };
  }

  async #rootsOver(proving: Proving, ranges: readonly LeafRange[]): Promise<Uint8Array[]> {
    const roots: Uint8Array[] = [];
    for (const range of ranges) roots.push(await this.#rootOver(proving, range));
    return roots;
  }

  async #rootOver(proving: Proving, { start, end }: LeafRange): Promise<Uint8Array> {
    const size = end - start;
    const kept = proving.kept.get(keyOf({ end, height: Math.log2(size) }));
    if (kept !== undefined) return kept;
    if (size > blockSize) {
      const middle = start + 2 ** (Math.ceil(Math.log2(size)) - 1);
      const left = await this.#rootOver(proving, { start, end: middle });
      return nodeHash(left, await this.#rootOver(proving, { start: middle, end }));
    }
    const known = size === blockSize ? this.#rootsOf(proving).get(start) : undefined;
    if (known !== undefined) return known;
    // A range of a tree that is no longer than a block never goes over the end of one.
    const first = blockOf(start);
    const leaves = await this.#leavesFrom(proving, first);
    return merkleRoot(leaves.slice(start - first, end - first));
  }

  async #leaves(organization: string, first: number, count: number): Promise<readonly Uint8Array[]> {
    const kept = await this.#hashes.leaves(organization, first, first + count);
    if (kept !== undefined) return kept;
    const lines = await this.#log.lines(organization, first, count);
    return lines.map(({ text }) => lineLeaf(text));
  }

  #rootsOf({ organization }: Proving): Map<number, Uint8Array> {
    const roots = this.#blocks.get(organization) ?? new Map<number, Uint8Array>();
    this.#blocks.set(organization, roots);
    return roots;
  }

  async #leavesFrom(proving: Proving, first: number): Promise<readonly Uint8Array[]> {
    const known = proving.leaves.get(first);
    if (known !== undefined) return known;
    const count = Math.min(blockSize, proving.size - first);
    const read = await this.#leaves(proving.organization, first, count);
    if (read.length === blockSize) this.#rootsOf(proving).set(first, merkleRoot(read));
    if (proving.through.has(first) || read.length < blockSize) proving.leaves.set(first, read);
    // Hashing keeps the processor; others of this process want to do something too.
    await breath();
    return read;
  }
}

/**
 * The whole subtrees that a range of a proof consists of, from left to right. A range begins where a subtree of its length would, so each is
 * the widest that is left.
 */
function wholeSubtrees({ start, end }: LeafRange): Subtree[] {
  const found: Subtree[] = [];
  for (let from = start; from < end; ) {
    const height = Math.floor(Math.log2(end - from));
    from += 2 ** height;
    found.push({ end: from, height });
  }
  return found;
}

function keyOf({ end, height }: Subtree): string {
  return `${height} ${end}`;
}

/** The first leaf of the block that a leaf stands in. */
function blockOf(index: number): number {
  return index - (index % blockSize);
}
