import { setImmediate as breath } from 'node:timers/promises';
import { lineLeaf } from '#crypto/ledger/line.ts';
import {
  consistencyRanges,
  inclusionRanges,
  type LeafRange,
  merkleRoot,
  nodeHash,
} from '#crypto/ledger/merkle.ts';
import type { LedgerLog } from '#ports/ledger-log.ts';

/** The leaves of a subtree whose root is remembered: a power of two. */
const blockSize = 1_024;

/** A tree that proofs are made of. */
interface Proving {
  organization: string;
  size: number;
  /** The first leaves of those blocks that proofs go through. */
  through: ReadonlySet<number>;
  /** The leaves of those that were read, by the first of each: no others, or all of a ledger would be in memory. */
  leaves: Map<number, readonly Uint8Array[]>;
}

/**
 * The trees over organizations' ledgers, as their logs hold them. The roots of whole blocks of 1,024 lines are remembered, since
 * lines never change: so a proof reads a few blocks, but for the first one, which reads all. That is 32 bytes for each 1,024
 * lines; and what stands in memory is never trusted: whoever asks for a path verifies it by a signed root.
 */
export class LedgerTrees {
  readonly #log: Pick<LedgerLog, 'lines'>;
  readonly #blocks = new Map<string, Map<number, Uint8Array>>();

  constructor(log: Pick<LedgerLog, 'lines'>) {
    this.#log = log;
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
    const proving = { organization, size, through: new Set(indexes.map(blockOf)), leaves: new Map() };
    const paths: Uint8Array[][] = [];
    for (const index of indexes) paths.push(await this.#rootsOver(proving, inclusionRanges(index, size)));
    return paths;
  }

  /**
   * The proof that the tree over the first `size` lines begins with that over the first `earlier` of them (RFC 9162 section
   * 2.1.4.1).
   * @throws InternalError `internal` if there are not as many; StoreError `store-unavailable`
   */
  async consistencyPath(organization: string, earlier: number, size: number): Promise<Uint8Array[]> {
    const proving = { organization, size, through: new Set([blockOf(earlier)]), leaves: new Map() };
    return await this.#rootsOver(proving, consistencyRanges(earlier, size));
  }

  async #rootsOver(proving: Proving, ranges: readonly LeafRange[]): Promise<Uint8Array[]> {
    const roots: Uint8Array[] = [];
    for (const range of ranges) roots.push(await this.#rootOver(proving, range));
    return roots;
  }

  async #rootOver(proving: Proving, { start, end }: LeafRange): Promise<Uint8Array> {
    const size = end - start;
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

  #rootsOf({ organization }: Proving): Map<number, Uint8Array> {
    const roots = this.#blocks.get(organization) ?? new Map<number, Uint8Array>();
    this.#blocks.set(organization, roots);
    return roots;
  }

  async #leavesFrom(proving: Proving, first: number): Promise<readonly Uint8Array[]> {
    const known = proving.leaves.get(first);
    if (known !== undefined) return known;
    const count = Math.min(blockSize, proving.size - first);
    const lines = await this.#log.lines(proving.organization, first, count);
    const read = lines.map(({ text }) => lineLeaf(text));
    if (read.length === blockSize) this.#rootsOf(proving).set(first, merkleRoot(read));
    if (proving.through.has(first) || read.length < blockSize) proving.leaves.set(first, read);
    // Hashing keeps the processor; others of this process want to do something too.
    await breath();
    return read;
  }
}

/** The first leaf of the block that a leaf stands in. */
function blockOf(index: number): number {
  return index - (index % blockSize);
}
