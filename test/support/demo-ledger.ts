import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LedgerReport, verifyLedger } from '#crypto/ledger/verify-ledger.ts';
import { parseReceiptKeys } from '#crypto/receipts.ts';
import { openLedgerFolder } from '../../cli/ledger/open-folder.ts';
import { bytesOf } from './ledger.ts';

/**
 * What the verifier says of the ledger that a demo left, by the keys that it left.
 * @param anchors checkpoints that were kept
 * @param altered the content of a file of it in place of the one that is there
 */
export async function demoLedgerReport(
  out: string,
  anchors: readonly Uint8Array[] = [],
  altered: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<LedgerReport> {
  const keys = parseReceiptKeys(JSON.parse(await readFile(join(out, 'jwks.json'), 'utf8')));
  const folder = await openLedgerFolder(join(out, 'ledger'));
  const read = (name: string) => {
    const content = altered.get(name);
    return content === undefined ? folder.read(name) : bytesOf(content);
  };
  const kept = anchors.map((jws, index) => ({ name: `kept-${index}.jwt`, read: () => bytesOf(jws) }));
  return await verifyLedger({ ...folder, read }, keys, { anchors: kept });
}
