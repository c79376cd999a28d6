import {
  type Enrollment,
  type EnrollmentChange,
  type EnrollmentKey,
  transitions,
  withoutPending,
  withSuperseded,
} from '#domain/enrollment.ts';
import { AccessError, InputError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { RecordNow } from '#ports/ledger.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { discardSuperseded } from '#steps/discard-superseded.ts';
import { loadEnrollment, loadOwnEnrollment } from '#steps/load.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireFreshSignIn } from '#steps/require-role.ts';
import { updateEnrollment } from '#steps/update-enrollment.ts';

type Needs = Pick<Dependencies, 'registry' | 'documents' | 'keys' | 'ledger' | 'clock'>;

export interface Destruction {
  enrollmentId: string;
  /** The enrollment's id once more, so that nobody destroys another by a slip. */
  confirm: string;
  requestId: string;
}

/**
 * Destroys the key of an enrollment for ever: its locked record is discarded, or the resident key in custody, at once or by the
 * event of the destruction if that fails here. An escrowed backup stays until its retention ends, and recovery can still open
 * it; the CSR, the placeholder certificate and the receipts stay too. It is recorded before anything is gone. Again, it is success.
 * @returns the enrollment, `destroyed`
 * @throws AccessError `not-permitted`, `not-found`, `fresh-sign-in-required`; InputError `invalid-input` for another id in
 *   `confirm`; StateError `wrong-state` for a request that was refused, `making-in-progress`, `version-conflict`; StoreError
 *   `store-unavailable`
 */
export async function destroyEnrollment(
  dependencies: Needs,
  principal: Principal,
  { enrollmentId, confirm, requestId }: Destruction,
): Promise<Enrollment> {
  const act = actOf('destroy-enrollment', principal, { requestId, enrollmentId });
  return await recorded(dependencies, act, async (recordNow) => {
    const enrollment = await loadDestructible(dependencies, principal, enrollmentId);
    requireFreshSignIn(principal, dependencies.clock);
    checkConfirmed(enrollment, confirm);
    const destroyed = await destroy(dependencies, enrollment, recordNow);
    // The key counts no more; what is left over now, the event of the destruction sees to.
    return await discardSuperseded(dependencies, destroyed).catch(() => destroyed);
  });
}

async function loadDestructible(
  dependencies: Needs,
  principal: Principal,
  enrollmentId: string,
): Promise<Enrollment> {
  const { roles, organization } = principal;
  if (roles.includes('administrator')) return await loadEnrollment(dependencies, organization, enrollmentId);
  if (!roles.includes('subscriber')) throw new AccessError('not-permitted');
  return await loadOwnEnrollment(dependencies, principal, enrollmentId);
}

function checkConfirmed({ id }: Enrollment, confirm: string): void {
  if (confirm === id) return;
  throw new InputError('invalid-input', {
    field: 'confirm',
    why: 'is not the id of the enrollment to destroy',
    next: 'Send the id of the enrollment once more.',
  });
}

async function destroy(
  dependencies: Needs,
  enrollment: Enrollment,
  recordNow: RecordNow,
): Promise<Enrollment> {
  if (enrollment.state === 'destroyed') return enrollment;
  try {
    return await updateEnrollment(dependencies, enrollment, transitions.destroy, destruction, recordNow);
  } catch (error) {
    // Somebody else destroyed it at the same moment, or an answer was lost.
    const current = await loadEnrollment(dependencies, enrollment.organization, enrollment.id);
    if (current.state === 'destroyed') return current;
    throw error;
  }
}

function destruction(current: Enrollment): EnrollmentChange {
  return {
    ...(current.key !== undefined && { key: withoutPrivateHalf(current.key) }),
    pendingLock: undefined,
    escrowDue: undefined,
    ...givenUp(current),
    superseded: withPrivateHalves(current),
    events: [{ name: 'EnrollmentDestroyed', data: { enrollmentId: current.id } }],
  };
}

/** What names the key pair in receipts and in its certificate request, and nothing that opens to the private key. */
function withoutPrivateHalf({ spkiSha256, csrSha256, csrId, placeholderId }: EnrollmentKey): EnrollmentKey {
  return { spkiSha256, csrSha256, csrId, placeholderId };
}

/** An escrow that is being made ends with the key: it can never count, and its traces are left to whoever was at it, or the reconciler. */
function givenUp({ escrowing, backups }: Enrollment): Partial<Pick<Enrollment, 'escrowing' | 'backups'>> {
  if (escrowing === undefined) return {};
  return { escrowing: { ...escrowing, isAbandoned: true }, backups: withoutPending({ backups }) };
}

function withPrivateHalves(enrollment: Enrollment): Enrollment['superseded'] {
  const { key, pendingLock } = enrollment;
  return withSuperseded(enrollment, [key?.lockedKeyId, pendingLock], key?.residentKey);
}
