import { newId } from '#crypto/identifiers.ts';
import { type Receipt, signReceipt } from '#crypto/receipts.ts';
import type { Dependencies } from './dependencies.ts';

/** A receipt without what issuing adds: its id, its time, the build. */
type Unissued<T> = T extends Receipt ? Omit<T, 'jti' | 'iat' | 'build'> : never;

/**
 * Signs a receipt by the service's key in custody and stores it, before anything refers to it.
 * @returns its id in the document store, and the compact JWS
 * @throws ProviderError as `KeyProvider.signReceipt`; ProofError, InternalError as `signReceipt`; StateError
 *   `already-exists` if another receipt has the id; StoreError `store-unavailable`
 */
export async function issueReceipt(
  { keys, documents, clock, build }: Pick<Dependencies, 'keys' | 'documents' | 'clock' | 'build'>,
  content: Unissued<Receipt>,
  id: string,
): Promise<{ id: string; jws: string }> {
  const payload = { ...content, jti: newId('rcp'), iat: Math.floor(clock.now().getTime() / 1000), build };
  const publicKey = await keys.receiptKey();
  const jws = await signReceipt(payload, { publicKey, sign: (message) => keys.signReceipt(message) });
  const name = { kind: 'receipt', organization: content.organization, id } as const;
  await documents.put(name, new TextEncoder().encode(jws));
  return { id, jws };
}
