import { setImmediate as breath } from 'node:timers/promises';
import { lineLeaf } from '#crypto/ledger/line.ts';
import { inclusionRanges, type LeafRange, merkleRoot, nodeHash } from '#crypto/ledger/merkle.ts';
import type { LedgerLog } from '#ports/ledger-log.ts';

/** The leaves of a subtree whose root is remembered: a power of two. */
const blockSize = 1_024;

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
   * The inclusion proof of a line in the tree over the first `size` lines (RFC 9162 section 2.1.3.1).
   * @param index of the line, from 0
   * @throws InternalError `internal` if that tree has no such line; StoreError `store-unavailable`
   */
  async inclusionPath(organization: string, index: number, size: number): Promise<Uint8Array[]> {
    const path: Uint8Array[] = [];
    for (const range of inclusionRanges(index, size)) path.push(await this.#rootOver(organization, range));
    return path;
  }

  async #rootOver(organization: string, { start, end }: LeafRange): Promise<Uint8Array> {
    const size = end - start;
    if (size > blockSize) {
      const middle = start + 2 ** (Math.ceil(Math.log2(size)) - 1);
      const left = await this.#rootOver(organization, { start, end: middle });
      return nodeHash(left, await this.#rootOver(organization, { start: middle, end }));
    }
    if (size < blockSize) return await this.#read(organization, start, size);
    const known = this.#blocks.get(organization) ?? new Map<number, Uint8Array>();
    const root = known.get(start) ?? (await this.#read(organization, start, size));
    this.#blocks.set(organization, known.set(start, root));
    return root;
  }

  async #read(organization: string, start: number, count: number): Promise<Uint8Array> {
    const lines = await this.#log.lines(organization, start, count);
    // Hashing keeps the processor; others of this process want to do something too.
    await breath();
    return merkleRoot(lines.map(({ text }) => lineLeaf(text)));
  }
}
