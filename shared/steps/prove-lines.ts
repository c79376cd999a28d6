import type { Checkpoint } from '#crypto/ledger/checkpoint.ts';
import { lineLeaf } from '#crypto/ledger/line.ts';
import { verifyInclusion } from '#crypto/ledger/merkle.ts';
import { StoreError } from '#domain/errors.ts';
import type { KeptLine } from '#ports/ledger-log.ts';
import type { LedgerTrees } from './ledger-trees.ts';

/**
 * The proofs that lines stand in the ledger that a checkpoint states, each verified before it leaves.
 * @param lines those of them that the checkpoint is over
 * @returns of each, in their order, from the leaf to the root, hex (RFC 9162 section 2.1.3.1)
 * @throws StoreError `object-damaged` if a line is not the one that was sealed, `store-unavailable`
 */
export async function proveLines(
  trees: LedgerTrees,
  lines: readonly KeptLine[],
  { organization, treeSize, rootHash }: Pick<Checkpoint, 'organization' | 'treeSize' | 'rootHash'>,
): Promise<string[][]> {
  const indexes = lines.map(({ sequence }) => sequence - 1);
  const paths = await trees.inclusionPaths(organization, indexes, treeSize);
  const root = Buffer.from(rootHash, 'hex');
  return lines.map(({ sequence, text }, place) => {
    const proof = paths[place] ?? [];
    const claim = { index: sequence - 1, size: treeSize, leaf: lineLeaf(text), proof, root };
    if (!verifyInclusion(claim)) throw notWhatWasSealed();
    return proof.map((node) => Buffer.from(node).toString('hex'));
  });
}

/** What whoever asks for a proof is told where the log is not the one that was sealed. */
export function notWhatWasSealed(): StoreError {
  return new StoreError('object-damaged', {
    why: 'The ledger is not the one that was sealed: a line of it was changed.',
    next: 'Tell the operator: verify an export of it with a checkpoint that was kept elsewhere.',
  });
}
