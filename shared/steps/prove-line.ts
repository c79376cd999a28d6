import type { Checkpoint } from '#crypto/ledger/checkpoint.ts';
import { lineLeaf } from '#crypto/ledger/line.ts';
import { verifyInclusion } from '#crypto/ledger/merkle.ts';
import { StoreError } from '#domain/errors.ts';
import type { KeptLine } from '#ports/ledger-log.ts';
import type { LedgerTrees } from './ledger-trees.ts';

/**
 * The proof that a line stands in the ledger that a checkpoint states, verified before it leaves.
 * @param line one of those that the checkpoint is over
 * @returns from the leaf to the root, hex (RFC 9162 section 2.1.3.1)
 * @throws StoreError `object-damaged` if the line is not the one that was sealed, `store-unavailable`
 */
export async function proveLine(
  trees: LedgerTrees,
  { sequence, text }: KeptLine,
  { organization, treeSize, rootHash }: Pick<Checkpoint, 'organization' | 'treeSize' | 'rootHash'>,
): Promise<string[]> {
  const proof = await trees.inclusionPath(organization, sequence - 1, treeSize);
  const root = Buffer.from(rootHash, 'hex');
  const claim = { index: sequence - 1, size: treeSize, leaf: lineLeaf(text), proof, root };
  if (verifyInclusion(claim)) return proof.map((node) => Buffer.from(node).toString('hex'));
  throw new StoreError('object-damaged', {
    why: 'The ledger is not the one that was sealed: a line of it was changed.',
    next: 'Tell the operator: verify an export of it with a checkpoint that was kept elsewhere.',
  });
}
