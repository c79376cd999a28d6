import { ProofError } from '#domain/errors.ts';
import { type Receipt, verifyReceipt } from '../receipts.ts';
import type { StatementKeys } from '../signed-statement.ts';
import type { Dossier } from './content.ts';
import { type DossierNotes, isOf } from './findings.ts';
import type { DossierLine } from './verify-entries.ts';

/** A receipt of a dossier, verified. */
export interface DossierReceipt {
  id: string;
  receipt: Receipt;
}

/** Verifies each receipt: signed by the service, of this enrollment, of this key, and of the entry that it names. */
export async function verifyReceipts(
  dossier: Dossier,
  keys: StatementKeys,
  lines: readonly DossierLine[],
  notes: DossierNotes,
): Promise<DossierReceipt[]> {
  const receipts: DossierReceipt[] = [];
  for (const { id, jws } of dossier.receipts) {
    const receipt = await receiptIn(jws, keys);
    if (receipt === undefined) {
      notes.found('receipt-invalid', 'it is not signed by one of the keys, or was altered', id);
    } else if (!isOf(dossier, receipt)) {
      notes.found('receipt-of-other', 'it is of another enrollment', id);
    } else {
      holdAgainst(dossier, lines, { id, receipt }, notes);
      receipts.push({ id, receipt });
    }
  }
  if (new Set(dossier.receipts.map(({ id }) => id)).size !== dossier.receipts.length)
    notes.found('contradiction', 'a receipt stands there twice');
  return receipts;
}

async function receiptIn(jws: string, keys: StatementKeys): Promise<Receipt | undefined> {
  try {
    return await verifyReceipt(jws, keys);
  } catch (error) {
    if (error instanceof ProofError) return undefined;
    throw error;
  }
}

function holdAgainst(
  { request, key, ledger }: Dossier,
  lines: readonly DossierLine[],
  { id, receipt }: DossierReceipt,
  notes: DossierNotes,
): void {
  if (receipt.purpose !== request.purpose || receipt.keySpec !== request.keySpec)
    notes.found('contradiction', 'the receipt is of a key of another kind', id);
  const isOtherKey =
    receipt.receipt === 'backup' &&
    (receipt.csrSha256 !== key.csrSha256 || receipt.spkiSha256 !== key.spkiSha256);
  if (isOtherKey) notes.found('key-differs', 'the receipt is of another key than the dossier', id);

  const named = receipt.ledgerEntry;
  if (named === undefined) return;
  const line = lines.find((each) => each.id === named);
  if (line === undefined && ledger.complete)
    notes.found('contradiction', 'the entry that the receipt names is not there', id);
  if (line?.entry.receiptId !== undefined && line.entry.receiptId !== id)
    notes.found('contradiction', 'the entry that the receipt names is that of another receipt', id);
}

/** Verifies that each receipt that something names is there, and that backups are those that their receipts state. */
export function verifyBackups(
  { backups, receipts: given, missingReceipts, ...dossier }: Dossier,
  receipts: readonly DossierReceipt[],
  lines: readonly DossierLine[],
  notes: DossierNotes,
): void {
  for (const { id, receiptId, pfxSha256, objectVersion, retainUntil, profile } of backups) {
    const receipt = receipts.find((each) => each.id === receiptId)?.receipt;
    if (receipt === undefined) continue;
    const isIt =
      receipt.receipt === 'backup' &&
      receipt.backupId === id &&
      receipt.pfxSha256 === pfxSha256 &&
      receipt.objectVersion === objectVersion &&
      receipt.profile === profile &&
      Date.parse(retainUntil) >= Date.parse(receipt.retainUntil ?? '');
    if (!isIt) notes.found('contradiction', 'the backup is not the one that its receipt states', id);
  }
  const { decided, key, state } = dossier;
  if (state === 'ready' && key.escrow === 'required' && backups.length === 0)
    notes.found('contradiction', 'its key is ready and escrow of it required, and there is no backup');
  if (decided.refusal !== null) holdRefusal(decided.refusal, receipts, notes);
  const there = new Set(given.map(({ id }) => id));
  const counting = [
    ...backups.map(({ receiptId }) => receiptId),
    ...(decided.refusal === null ? [] : [decided.refusal.receiptId]),
  ];
  for (const id of new Set(counting)) {
    if (!there.has(id)) notes.found('receipt-missing', 'it was issued, and is not there', id);
  }
  const named = lines.flatMap(({ entry: { receiptId } }) => (receiptId === undefined ? [] : [receiptId]));
  for (const id of new Set(named)) {
    if (there.has(id) || counting.includes(id)) continue;
    if (missingReceipts.includes(id)) notes.remark('receipt-not-stored', unfinished, id);
    else notes.found('receipt-missing', 'an entry names it, and it is not there', id);
  }
}

function holdRefusal(
  { receiptId, ...refusal }: NonNullable<Dossier['decided']['refusal']>,
  receipts: readonly DossierReceipt[],
  notes: DossierNotes,
): void {
  const receipt = receipts.find(({ id }) => id === receiptId)?.receipt;
  if (receipt === undefined) return;
  const isIt =
    receipt.receipt === 'refusal' &&
    receipt.code === refusal.code &&
    receipt.reason === refusal.reason &&
    receipt.contact === refusal.contact &&
    receipt.policy.rules.join('\n') === refusal.rules.join('\n');
  if (!isIt) notes.found('contradiction', 'the refusal is not the one that its receipt states', receiptId);
}

/** An entry is recorded before its act counts, so it may stand alone. */
const unfinished =
  'an entry names it, and no such receipt counts: what the entry records was taken back, or not finished';
