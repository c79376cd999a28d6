import {
  type Enrollment,
  type EnrollmentChange,
  type EscrowAttempt,
  transitions,
  withoutPending,
} from '#domain/enrollment.ts';
import { StateError } from '#domain/errors.ts';
import type { RecordNow } from '#ports/ledger.ts';
import { documentName, escrowKinds } from './attempt-documents.ts';
import type { Dependencies } from './dependencies.ts';
import { updateEnrollment } from './update-enrollment.ts';

/**
 * Gives up an attempt at an escrow that became due, and discards what it wrote; its vault object stays until its lock ends, for the
 * reconciler to remove. The key stays as it is, and its escrow due.
 *
 * The record is written first: once it says that the attempt was given up, that can never count, and only then is what it wrote
 * discarded; the record names the attempt until all of it is gone. Safe to repeat, also of a key that was destroyed meanwhile.
 * @param recordNow records it before it counts as given up, where whoever made the attempt does not
 * @throws StateError `wrong-state` if the enrollment does not name this attempt any more, `version-conflict`; AccessError `not-found`;
 *   StoreError as the ports throw
 */
export async function abandonEscrow(
  dependencies: Pick<Dependencies, 'registry' | 'documents'>,
  enrollment: Enrollment,
  attempt: EscrowAttempt,
  recordNow?: () => ReturnType<RecordNow>,
): Promise<void> {
  if (attempt.isAbandoned === true) await recordNow?.();
  else {
    const change = (current: Enrollment, own: EscrowAttempt) => ({
      escrowing: { ...own, isAbandoned: true as const },
      backups: withoutPending(current),
    });
    await updateOwn(dependencies, enrollment, attempt, change, recordNow);
  }
  await discardEscrow(dependencies, enrollment, attempt);
  await updateOwn(dependencies, enrollment, attempt, () => ({ escrowing: undefined }));
}

/** Removes what an attempt at an escrow wrote outside the vault, once it can count no more; safe to repeat. Throws as the ports do. */
export async function discardEscrow(
  { documents }: Pick<Dependencies, 'documents'>,
  enrollment: Enrollment,
  attempt: EscrowAttempt,
): Promise<void> {
  for (const kind of escrowKinds) await documents.discard(documentName(enrollment, attempt, kind));
}

async function updateOwn(
  dependencies: Pick<Dependencies, 'registry'>,
  enrollment: Enrollment,
  { id }: EscrowAttempt,
  change: (current: Enrollment, own: EscrowAttempt) => EnrollmentChange,
  recordNow?: () => ReturnType<RecordNow>,
): Promise<void> {
  const changeOwn = (current: Enrollment): EnrollmentChange => {
    const { escrowing } = current;
    if (escrowing?.id !== id) throw new StateError('wrong-state');
    return change(current, escrowing);
  };
  await updateEnrollment(dependencies, enrollment, transitions.abandonEscrow, changeOwn, recordNow);
}
