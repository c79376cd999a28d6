import { lineLeaf } from './line.ts';
import { Frontier } from './merkle.ts';

/** How many leaves at most are kept together, and the width of the narrowest subtree whose root is: a power of two. */
export const pieceSize = 1_024;

/** How high a subtree of so many leaves is. */
const pieceHeight = Math.log2(pieceSize);

/** What is kept of the tree, so that proofs need not be made of all lines: some leaves that follow each other, and what ends with them. */
export interface TreePiece {
  /** The sequence of the last line. */
  end: number;
  /** The hashes of the leaves, none of which is in another block of 1,024. */
  leaves: Uint8Array[];
  /** The roots of the whole subtrees of 1,024 leaves, 2,048 and so on that end there, the narrowest first. */
  roots: Uint8Array[];
}

/**
 * Cuts what lines add to a tree into pieces, at every 1,024th leaf and at the end.
 * @param size of the tree before
 * @param nodes of the tree before, as `Frontier.nodes` gives them
 * @param lines the texts that follow
 */
export function treePieces(
  size: number,
  nodes: readonly Uint8Array[],
  lines: readonly string[],
): TreePiece[] {
  const frontier = Frontier.from(size, nodes);
  const pieces: TreePiece[] = [];
  let leaves: Uint8Array[] = [];
  for (const [index, text] of lines.entries()) {
    const leaf = lineLeaf(text);
    leaves.push(leaf);
    const roots = frontier.append(leaf).slice(pieceHeight);
    if (roots.length === 0 && index < lines.length - 1) continue;
    pieces.push({ end: frontier.size, leaves, roots });
    leaves = [];
  }
  return pieces;
}

/** Which of the roots of a piece is that of a subtree of a height that ends with it; negative where none is. */
export function rootIndexOf(height: number): number {
  return height - pieceHeight;
}
