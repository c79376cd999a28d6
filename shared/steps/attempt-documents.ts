import type { Enrollment, MakingAttempt } from '#domain/enrollment.ts';
import { ProofError } from '#domain/errors.ts';
import type { DocumentKind, DocumentName } from '#ports/document-store.ts';
import type { Dependencies } from './dependencies.ts';

/** What one attempt at a key pair may write, each under a name that only this attempt uses. */
export const attemptKinds = [
  'csr',
  'placeholder',
  'locked-key',
  'sealed-passphrase',
  'receipt',
] as const satisfies readonly DocumentKind[];

/** The id that an attempt's documents, resident key and vault object share. */
export function attemptName({ id }: Pick<Enrollment, 'id'>, attempt: Pick<MakingAttempt, 'id'>): string {
  return `${id}.${attempt.id}`;
}

export function documentName(
  enrollment: Pick<Enrollment, 'organization' | 'id'>,
  attempt: Pick<MakingAttempt, 'id'>,
  kind: DocumentKind,
): DocumentName {
  return { kind, organization: enrollment.organization, id: attemptName(enrollment, attempt) };
}

/**
 * Stores what could be had from nowhere else, and reads it back: it cannot be opened here, so it is compared.
 * @throws ProofError `proof-failed` if other bytes come back; StateError, StoreError as the document store throws
 */
export async function putAndReadBack(
  { documents }: Pick<Dependencies, 'documents'>,
  name: DocumentName,
  bytes: Uint8Array,
): Promise<void> {
  await documents.put(name, bytes);
  if (Buffer.compare(await documents.get(name), bytes) === 0) return;
  throw new ProofError('proof-failed', { why: `The stored ${name.kind} is not the one that was written.` });
}

/** What an attempt at an escrow alone may write: the key, and what it signed, stand already. */
export const escrowKinds = ['sealed-passphrase', 'receipt'] as const satisfies readonly DocumentKind[];

/** The vault name of an attempt's escrowed backup. */
export function objectNameOf({ organization, id }: Enrollment, attempt: Pick<MakingAttempt, 'id'>): string {
  return `${organization}/${id}/${attempt.id}.pfx`;
}
