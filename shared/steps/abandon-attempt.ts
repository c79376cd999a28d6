import { type Enrollment, type MakingAttempt, transitions } from '#domain/enrollment.ts';
import { StateError } from '#domain/errors.ts';
import type { DomainEvent } from '#domain/events.ts';
import { attemptKinds, attemptName, documentName } from './attempt-documents.ts';
import type { Dependencies } from './dependencies.ts';
import { updateEnrollment } from './update-enrollment.ts';

/**
 * Gives up an attempt at a key pair and discards all that it wrote; its vault object stays until its first day's lock
 * ends, for the reconciler to remove. The key dies with the attempt; nothing is lost, since no CSR has left.
 *
 * The record is written first: once it no longer says `making`, the attempt can never become the enrollment's key, and
 * only then is what it wrote discarded. A crash in between leaves litter that nothing refers to.
 * @throws StateError `wrong-state` if the enrollment is not making this attempt any more; StoreError, ProviderError as
 *   the ports throw
 */
export async function abandonAttempt(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'keys'>,
  enrollment: Enrollment,
  attempt: MakingAttempt,
): Promise<void> {
  const transition =
    attempt.from === 'accepted' ? transitions.returnToAccepted : transitions.returnToAwaiting;
  await updateEnrollment(dependencies, enrollment, transition, (current) => {
    if (current.attempt?.id !== attempt.id) throw new StateError('wrong-state');
    const { id: enrollmentId } = current;
    const events: DomainEvent[] = [
      { name: 'KeyPairAttemptAbandoned', data: { enrollmentId, attemptId: attempt.id } },
    ];
    if (attempt.from === 'accepted') events.push({ name: 'EnrollmentAccepted', data: { enrollmentId } });
    return { attempt: undefined, backups: [], events };
  });
  await discardAttempt(dependencies, enrollment, attempt);
}

/** Removes what an abandoned attempt wrote outside the vault; safe to repeat. Throws as the ports do. */
export async function discardAttempt(
  { documents, keys }: Pick<Dependencies, 'documents' | 'keys'>,
  enrollment: Enrollment,
  attempt: MakingAttempt,
): Promise<void> {
  for (const kind of attemptKinds) await documents.discard(documentName(enrollment, attempt, kind));
  await keys.residentKeys?.discard(attemptName(enrollment, attempt));
}
