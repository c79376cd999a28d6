import { newestCheckpointName, segmentPath, unsealedName } from '#crypto/ledger/folder.ts';
import { readSegment } from '#crypto/ledger/segment.ts';
import { writeUnsealed } from '#crypto/ledger/unsealed.ts';
import type { LedgerReport } from '#crypto/ledger/verify-ledger.ts';
import { verifyLedger } from '#crypto/ledger/verify-ledger.ts';
import type { KeyProvider } from '#ports/key-provider.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { statementKeys } from '#steps/statement-keys.ts';
import { bytesOf, folderOf } from './ledger.ts';

type Needs = Pick<Dependencies, 'ledgerLog' | 'segments'> & {
  keys: Pick<KeyProvider, 'receiptKey'>;
};

/** The checkpoints of an organization's segments as they stand in the store, oldest first. */
export async function checkpointsOf(
  { segments }: Pick<Needs, 'segments'>,
  organization: string,
): Promise<string[]> {
  const numbers = await segments.list(organization, 0, 1_000);
  const found = await Promise.all(numbers.map((each) => segments.get(organization, each)));
  return found.map((bytes) => readSegment(bytes ?? Uint8Array.of()).checkpoint);
}

/** What the verifier says of an organization's ledger as an auditor would export it. @param anchors checkpoints that were kept */
export async function reportOf(
  needs: Needs,
  organization: string,
  anchors: readonly string[] = [],
): Promise<LedgerReport> {
  const files = new Map<string, string | Uint8Array>();
  let sealed = 0;
  for (const number of await needs.segments.list(organization, 0, 1_000)) {
    const bytes = (await needs.segments.get(organization, number)) ?? Uint8Array.of();
    files.set(segmentPath(number), bytes);
    const { lines, checkpoint } = readSegment(bytes);
    sealed += lines.length;
    files.set(newestCheckpointName, `${checkpoint}\n`);
  }
  const unsealed = await needs.ledgerLog.lines(organization, sealed, 1_000);
  if (unsealed.length > 0) files.set(unsealedName, writeUnsealed(unsealed.map(({ text }) => text)));
  const kept = anchors.map((jws, index) => ({ name: `kept-${index}`, read: () => bytesOf(jws) }));
  return await verifyLedger(folderOf(files), await statementKeys(needs), { anchors: kept });
}
