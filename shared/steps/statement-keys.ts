import type { StatementKeys } from '#crypto/signed-statement.ts';
import type { KeyProvider } from '#ports/key-provider.ts';

/**
 * Every key that receipts and checkpoints of this service were ever signed by, the present one first: what was signed stays
 * verifiable, so a key that signs no more stays among them. Today there is one, since nothing replaces the receipt key yet.
 * Throws as `KeyProvider.receiptKey` does.
 */
export async function statementKeys({
  keys,
}: {
  keys: Pick<KeyProvider, 'receiptKey'>;
}): Promise<StatementKeys> {
  return { keys: [await keys.receiptKey()] };
}
