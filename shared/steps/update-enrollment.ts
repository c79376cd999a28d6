import { advance, type Enrollment, type EnrollmentChange, type Transition } from '#domain/enrollment.ts';
import { EscrowError } from '#domain/errors.ts';
import type { RecordNow } from '#ports/ledger.ts';
import type { Dependencies } from './dependencies.ts';
import { loadEnrollment } from './load.ts';
import { writeOrLook } from './may-stand.ts';

const mostTries = 8;

/**
 * Changes an enrollment by one conditional write, from the record as it stands now; if somebody else wrote at the same
 * moment, reads and decides again.
 * @param change what to change, decided anew from each reading; it may throw to give up
 * @param recordNow what must be recorded before it counts, just before the first write
 * @returns the enrollment as written
 * @throws StateError `wrong-state` or `making-in-progress` from the transition, `version-conflict` if others kept winning;
 *   AccessError `not-found`; StoreError `store-unavailable`, with `mayStand` where it was the write; what `recordNow` throws
 */
export async function updateEnrollment(
  dependencies: Pick<Dependencies, 'registry'>,
  { organization, id }: Pick<Enrollment, 'organization' | 'id'>,
  transition: Transition,
  change: (current: Enrollment) => EnrollmentChange,
  recordNow?: () => ReturnType<RecordNow>,
): Promise<Enrollment> {
  for (let tries = 1; ; tries++) {
    const current = await loadEnrollment(dependencies, organization, id);
    const { next, condition } = advance(current, transition, change(current));
    if (tries === 1) await recordNow?.();
    const { registry } = dependencies;
    try {
      await writeOrLook(registry, next, () => registry.replace(next, condition));
      return next;
    } catch (error) {
      const raced = error instanceof EscrowError && error.code === 'version-conflict';
      if (!raced || tries === mostTries) throw error;
    }
  }
}
