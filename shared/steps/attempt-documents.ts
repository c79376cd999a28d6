import type { Enrollment, MakingAttempt } from '#domain/enrollment.ts';
import type { DocumentKind, DocumentName } from '#ports/document-store.ts';

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
  enrollment: Enrollment,
  attempt: MakingAttempt,
  kind: DocumentKind,
): DocumentName {
  return { kind, organization: enrollment.organization, id: attemptName(enrollment, attempt) };
}

/** The vault name of an attempt's escrowed backup. */
export function objectNameOf({ organization, id }: Enrollment, attempt: Pick<MakingAttempt, 'id'>): string {
  return `${organization}/${id}/${attempt.id}.pfx`;
}
