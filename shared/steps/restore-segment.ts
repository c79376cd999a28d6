import { readCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { lineLeaf } from '#crypto/ledger/line.ts';
import { merkleRoot } from '#crypto/ledger/merkle.ts';
import { writeSegment } from '#crypto/ledger/segment.ts';
import type { Dependencies } from './dependencies.ts';
import { whatStands } from './may-stand.ts';
import { recorded } from './record.ts';

/**
 * Puts the last segment back where it is gone: of the lines that the log holds, and the signed checkpoint that the record of the
 * ledger holds. If those lines are the ones that were signed, it is byte for byte what it was; if not, nothing is put there. That it was gone
 * is recorded first.
 * @returns whether it was put back
 * @throws StoreError `store-unavailable`; ProofError `checkpoint-invalid` if the record holds none
 */
export async function restoreLastSegment(
  {
    registry,
    ledgerLog,
    segments,
    ledger,
  }: Pick<Dependencies, 'registry' | 'ledgerLog' | 'segments' | 'ledger'>,
  organization: string,
): Promise<boolean> {
  const record = await registry.read('ledger', organization, 'ledger');
  if (record === undefined) return false;
  const { checkpoint: jws } = record;
  const { segment, firstSequence, treeSize, segmentRoot } = readCheckpoint(jws);
  const found = await ledgerLog.lines(organization, firstSequence - 1, treeSize - firstSequence + 1);
  const lines = found.map(({ text }) => text);
  if (merkleRoot(lines.map(lineLeaf)).toString('hex') !== segmentRoot) return false;
  const act = { action: 'restore-segment', organization, principal: 'service' };
  await recorded({ ledger }, act, async (recordNow) => {
    await recordNow({ about: [`segment ${segment}`] });
    const file = Buffer.from(writeSegment({ lines, checkpoint: jws }));
    await whatStands(() => segments.put(organization, segment, file));
  });
  return true;
}
