import type { StatementKeys } from '#crypto/signed-statement.ts';
import type { KeyProvider } from '#ports/key-provider.ts';

/**
 * Every key that receipts and checkpoints of this service were ever signed by, the present one first: what was signed stays
 * verifiable, so a key that signs no more stays among them.
 * Throws as `KeyProvider.receiptKey` does.
 */
export async function statementKeys({
  keys,
}: {
  keys: Pick<KeyProvider, 'receiptKey' | 'retiredReceiptKeys'>;
}): Promise<StatementKeys> {
  const present = await keys.receiptKey();
  const retired = keys.retiredReceiptKeys?.filter(({ kid }) => kid !== present.kid) ?? [];
  return { keys: [present, ...retired] };
}
