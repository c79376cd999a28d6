import { type Checkpoint, verifyCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { lineLeaf, parseLine, type ReadLine } from '#crypto/ledger/line.ts';
import { verifyInclusion } from '#crypto/ledger/merkle.ts';
import type { StatementKeys } from '#crypto/signed-statement.ts';
import { ProofError } from '#domain/errors.ts';

/** The proof of an entry, as the service gives it. */
export interface EntryProof {
  line: string;
  sequence: number;
  treeSize: number;
  path: readonly string[];
  checkpoint: string;
}

/** What a proof shows. */
export interface ProvedEntry {
  line: ReadLine;
  checkpoint: Checkpoint;
}

/**
 * Verifies that a line is that of an entry, and stands in the ledger that a checkpoint states, by the keys of the service alone.
 * @throws ProofError `checkpoint-invalid`, `checkpoint-key-unknown`; `ledger-unreadable` if the line is none; `proof-failed` if it is
 *   another entry's, or stands elsewhere, or nowhere, in that ledger
 */
export async function checkProof(
  entryId: string,
  proof: EntryProof,
  keys: StatementKeys,
): Promise<ProvedEntry> {
  const checkpoint = await verifyCheckpoint(proof.checkpoint, keys);
  const line = parseLine(Buffer.from(proof.line));
  const { sequence, organization } = line;
  if (line.id !== entryId || organization !== checkpoint.organization || sequence !== proof.sequence) {
    throw new ProofError('proof-failed', { why: 'The proof is of another entry.' });
  }
  const isIn = verifyInclusion({
    index: sequence - 1,
    size: checkpoint.treeSize,
    leaf: lineLeaf(proof.line),
    proof: proof.path.map((node) => Buffer.from(node, 'hex')),
    root: Buffer.from(checkpoint.rootHash, 'hex'),
  });
  if (!isIn || proof.treeSize !== checkpoint.treeSize) {
    throw new ProofError('proof-failed', {
      why: 'The entry does not stand in the ledger that the checkpoint states.',
      next: 'Export the ledger and verify it with a checkpoint that was kept elsewhere.',
    });
  }
  return { line, checkpoint };
}
