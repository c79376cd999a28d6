import {
  type Enrollment,
  type EnrollmentChange,
  type MakingAttempt,
  transitions,
} from '#domain/enrollment.ts';
import { StateError } from '#domain/errors.ts';
import type { RecordNow } from '#ports/ledger.ts';
import { attemptKinds, attemptName, documentName } from './attempt-documents.ts';
import type { Dependencies } from './dependencies.ts';
import { updateEnrollment } from './update-enrollment.ts';

/**
 * Gives up an attempt at a key pair and discards all that it wrote; its vault object stays until its first day's lock
 * ends, for the reconciler to remove. The key dies with the attempt; nothing is lost, since no CSR has left.
 *
 * The record is written first: once it no longer names the attempt as going on, that can never become the enrollment's
 * key, and only then is what it wrote discarded. The enrollment says `making` until all of it is gone, so that a crash in
 * between leaves nothing that the reconciler would not find. Safe to repeat.
 *
 * It sets nothing to work again: the message that asked for the key is delivered again, or the reconciler sends another.
 * An event from here would make a key that always fails be tried without end.
 * @param recordNow records it before anything counts as given up, where whoever made the attempt does not
 * @throws StateError `wrong-state` if the enrollment is not making this attempt any more, `version-conflict`; AccessError
 *   `not-found`; StoreError, ProviderError as the ports throw
 */
export async function abandonAttempt(
  dependencies: Pick<Dependencies, 'registry' | 'documents' | 'keys'>,
  enrollment: Enrollment,
  attempt: MakingAttempt,
  recordNow?: () => ReturnType<RecordNow>,
): Promise<void> {
  if (enrollment.abandoned?.id === attempt.id) await recordNow?.();
  else {
    const change = (current: Enrollment): EnrollmentChange => {
      if (current.attempt?.id !== attempt.id) throw new StateError('wrong-state');
      return { attempt: undefined, abandoned: attempt, backups: [] };
    };
    await updateEnrollment(dependencies, enrollment, transitions.abandonAttempt, change, recordNow);
  }
  await discardAttempt(dependencies, enrollment, attempt);
  await returnFrom(dependencies, enrollment, attempt);
}

async function returnFrom(
  dependencies: Pick<Dependencies, 'registry'>,
  enrollment: Enrollment,
  attempt: MakingAttempt,
): Promise<void> {
  const transition =
    attempt.from === 'accepted' ? transitions.returnToAccepted : transitions.returnToAwaiting;
  await updateEnrollment(dependencies, enrollment, transition, (current) => {
    if (current.abandoned?.id !== attempt.id) throw new StateError('wrong-state');
    const data = { enrollmentId: current.id, attemptId: attempt.id };
    // Nothing is set to work by it: who asked will ask again, and what waits too long the reconciler sends again.
    return { abandoned: undefined, events: [{ name: 'KeyPairAttemptAbandoned', data }] };
  });
}

/** Removes what an abandoned attempt wrote outside the vault; safe to repeat. Throws as the ports do. */
export async function discardAttempt(
  { documents, keys }: Pick<Dependencies, 'documents' | 'keys'>,
  enrollment: Enrollment,
  attempt: MakingAttempt,
): Promise<void> {
  for (const kind of attemptKinds) await documents.discard(documentName(enrollment, attempt, kind));
  // A function that makes exportable keys alone may not even look for others.
  if (!enrollment.exportable) await keys.residentKeys?.discard(attemptName(enrollment, attempt));
}
