import { hash } from 'node:crypto';
import { InternalError } from '#domain/errors.ts';

// The Merkle tree of RFC 9162 section 2.1 with SHA-256. Hashes are 32 bytes. A tree of n leaves splits at the largest power
// of two below n, so whatever stands in it once, a longer tree has in the same place.

/** RFC 9162 section 2.1.1: what tells a leaf from a node, so that neither can pass for the other. */
const leafPrefix = Uint8Array.of(0x00);
const nodePrefix = Uint8Array.of(0x01);

/** From the first leaf to before the last one, counted from 0: what a node of the tree stands over. */
export interface LeafRange {
  start: number;
  end: number;
}

/** SHA-256. */
export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const [only] = parts;
  return hash('sha256', parts.length === 1 && only !== undefined ? only : Buffer.concat(parts), 'buffer');
}

/** The hash of a leaf: SHA-256 of 0x00 and what the leaf holds (RFC 9162 section 2.1.1). */
export function leafHash(content: Uint8Array): Buffer {
  return sha256(leafPrefix, content);
}

/** The hash of a node: SHA-256 of 0x01, the left child's hash and the right one's (RFC 9162 section 2.1.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(nodePrefix, left, right);
}

/**
 * The Merkle tree hash of leaves in their order (RFC 9162 section 2.1.1).
 * @param leaves the hashes of the leaves, as `leafHash` makes them
 */
export function merkleRoot(leaves: readonly Uint8Array[]): Buffer {
  const frontier = new Frontier();
  for (const leaf of leaves) frontier.append(leaf);
  return frontier.root();
}

/**
 * A tree that only grows, as the roots of the whole subtrees that it consists of: one for each bit that is set in its size,
 * the widest first. So a tree of a million leaves is at most twenty hashes.
 */
export class Frontier {
  #size = 0;
  readonly #nodes: Uint8Array[] = [];

  /**
   * Goes on from a frontier that was kept.
   * @param nodes as `nodes()` gave them at that size
   * @throws InternalError `internal` if that many hashes are not what a tree of this size consists of
   */
  static from(size: number, nodes: readonly Uint8Array[]): Frontier {
    const fits = Number.isSafeInteger(size) && size >= 0 && bitsOf(size) === nodes.length;
    if (!fits || nodes.some((node) => node.length !== 32)) {
      throw new InternalError('internal', { why: 'these are not the nodes of a tree of this size' });
    }
    const frontier = new Frontier();
    frontier.#size = size;
    frontier.#nodes.push(...nodes);
    return frontier;
  }

  /** How many leaves it has. */
  get size(): number {
    return this.#size;
  }

  /** The roots of its whole subtrees, the widest first. */
  nodes(): Uint8Array[] {
    return [...this.#nodes];
  }

  /**
   * @param leaf the hash of the leaf, as `leafHash` makes it
   * @returns the roots of the whole subtrees that end with it, the narrowest first: the leaf itself, that over two, over four, ...
   */
  append(leaf: Uint8Array): Uint8Array[] {
    const ending = [leaf];
    let node = leaf;
    // As in counting: a subtree of each width that is there already joins, until one is free.
    for (let width = this.#size; width % 2 === 1; width = Math.floor(width / 2)) {
      const left = this.#nodes.pop();
      if (left !== undefined) node = nodeHash(left, node);
      ending.push(node);
    }
    this.#nodes.push(node);
    this.#size += 1;
    return ending;
  }

  /** The root of the tree as it is now; SHA-256 of nothing where it has no leaf (RFC 9162 section 2.1.1). */
  root(): Buffer {
    const [narrowest, ...wider] = this.#nodes.toReversed();
    if (narrowest === undefined) return sha256();
    return Buffer.from(wider.reduce<Uint8Array>((right, left) => nodeHash(left, right), narrowest));
  }
}

/**
 * What an inclusion proof consists of (RFC 9162 section 2.1.3.1): the roots over these leaves, in this order.
 * @param index of the leaf, from 0
 * @param size of the tree
 * @throws InternalError `internal` if the tree has no such leaf
 */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  if (!(isCount(index) && isCount(size) && index < size)) throw noSuch('leaf');
  const ranges: LeafRange[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.reverse();
}

/**
 * What a consistency proof consists of (RFC 9162 section 2.1.4.1): the roots over these leaves, in this order. None where
 * both trees are the same, or the earlier one is empty.
 * @throws InternalError `internal` if the earlier tree is larger than the later one
 */
export function consistencyRanges(earlier: number, later: number): LeafRange[] {
  if (!(isCount(earlier) && isCount(later) && earlier <= later)) throw noSuch('earlier tree');
  if (earlier === 0 || earlier === later) return [];
  const ranges: LeafRange[] = [];
  let [start, end] = [0, later];
  while (end !== earlier) {
    const middle = start + splitOf(end - start);
    if (earlier <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  // Where the earlier tree is a whole subtree of the later one, its root is known to whoever verifies.
  if (start > 0) ranges.push({ start, end });
  return ranges.reverse();
}

/**
 * The proof that a leaf stands in the tree over all `leaves` (RFC 9162 section 2.1.3.1).
 * @param leaves hashes of the leaves
 * @param index of the leaf, from 0
 * @throws InternalError `internal` if the tree has no such leaf
 */
export function inclusionProof(leaves: readonly Uint8Array[], index: number): Buffer[] {
  return inclusionRanges(index, leaves.length).map((range) => rootOver(leaves, range));
}

/**
 * The proof that the tree over all `leaves` begins with the tree over the first `earlier` of them (RFC 9162 section 2.1.4.1).
 * @throws InternalError `internal` if there are not as many
 */
export function consistencyProof(leaves: readonly Uint8Array[], earlier: number): Buffer[] {
  return consistencyRanges(earlier, leaves.length).map((range) => rootOver(leaves, range));
}

export interface InclusionClaim {
  /** Of the leaf, from 0. */
  index: number;
  /** Of the tree. */
  size: number;
  /** The hash of the leaf, as `leafHash` makes it. */
  leaf: Uint8Array;
  proof: readonly Uint8Array[];
  root: Uint8Array;
}

/** Whether a proof shows that the leaf stands at its place in the tree of this root (RFC 9162 section 2.1.3.2). */
export function verifyInclusion({ index, size, leaf, proof, root }: InclusionClaim): boolean {
  if (!(isCount(index) && isCount(size) && index < size)) return false;
  const sides = inclusionRanges(index, size);
  if (sides.length !== proof.length || !areHashes([leaf, root, ...proof])) return false;
  const computed = proof.reduce(
    (node, other, step) =>
      (sides[step]?.start ?? 0) > index ? nodeHash(node, other) : nodeHash(other, node),
    leaf,
  );
  return Buffer.compare(computed, root) === 0;
}

export interface ConsistencyClaim {
  earlierSize: number;
  laterSize: number;
  earlierRoot: Uint8Array;
  laterRoot: Uint8Array;
  proof: readonly Uint8Array[];
}

/** Whether a proof shows that the later tree begins with the whole of the earlier one (RFC 9162 section 2.1.4.2). */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { earlierSize, laterSize, earlierRoot, laterRoot, proof } = claim;
  if (!(isCount(earlierSize) && isCount(laterSize) && earlierSize <= laterSize)) return false;
  if (!areHashes([earlierRoot, laterRoot, ...proof])) return false;
  const ranges = consistencyRanges(earlierSize, laterSize);
  if (ranges.length !== proof.length) return false;
  if (earlierSize === laterSize) return Buffer.compare(earlierRoot, laterRoot) === 0;
  if (earlierSize === 0) return Buffer.compare(earlierRoot, sha256()) === 0;
  const isSubtree = ranges[0]?.start === earlierSize;
  const path = isSubtree ? proof : proof.slice(1);
  const sides = isSubtree ? ranges : ranges.slice(1);
  const seed = isSubtree ? earlierRoot : (proof[0] ?? earlierRoot);
  let [earlier, later] = [seed, seed];
  for (const [step, other] of path.entries()) {
    const isRight = (sides[step]?.start ?? 0) >= earlierSize;
    // What stands to the right was not there yet in the earlier tree.
    if (!isRight) earlier = nodeHash(other, earlier);
    later = isRight ? nodeHash(later, other) : nodeHash(other, later);
  }
  return Buffer.compare(earlier, earlierRoot) === 0 && Buffer.compare(later, laterRoot) === 0;
}

function rootOver(leaves: readonly Uint8Array[], { start, end }: LeafRange): Buffer {
  return merkleRoot(leaves.slice(start, end));
}

/** The largest power of two below a size of two or more. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

function bitsOf(size: number): number {
  return [...size.toString(2)].filter((bit) => bit === '1').length;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(values: readonly Uint8Array[]): boolean {
  return values.every(({ length }) => length === 32);
}

function noSuch(what: string): InternalError {
  return new InternalError('internal', { why: `there is no such ${what} in a tree of this size` });
}
