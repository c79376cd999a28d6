import { type Enrollment, isEscrowDue } from '#domain/enrollment.ts';
import { type ErrorFamily, errorTable } from '#domain/error-codes.ts';
import { asEscrowError, type EscrowError, ProofError } from '#domain/errors.ts';
import type { Unlocking } from '#domain/unlocking.ts';
import type { Dependencies } from './dependencies.ts';
import type { SignedIn } from './open-lock.ts';

/**
 * Has the escrow of a key made, where it became due after that was made, before anything else is done with what its subscriber
 * presented. Without the escrow that policy requires nothing is done: whoever got a copy, or another password, might never come back.
 * @returns the enrollment as it stands; the given one where nothing is due, for which nothing is asked or called
 * @throws ProofError `escrow-not-made`, which keeps what failed as its cause; LockError, StateError, AccessError as `DueEscrow.make`
 */
export async function escrowIfDue(
  { dueEscrow }: Pick<Dependencies, 'dueEscrow'>,
  { authTime }: SignedIn,
  enrollment: Enrollment,
  { unlocking, requestId }: { unlocking: Unlocking; requestId: string },
): Promise<Enrollment> {
  if (!isEscrowDue(enrollment)) return enrollment;
  const { organization, id } = enrollment;
  try {
    return await dueEscrow.make({ enrollment: { organization, id }, unlocking, authTime, requestId });
  } catch (error) {
    throw refusalOf(asEscrowError(error));
  }
}

/** What whoever asked can do something about: a password, or to ask again. */
const ofAsker: readonly ErrorFamily[] = ['lock', 'state', 'access'];

function refusalOf(error: EscrowError): EscrowError {
  const { code, details } = error;
  if (ofAsker.includes(errorTable[code].family) || code === 'timed-out') return error;
  const { retryAfterSeconds } = details;
  return new ProofError('escrow-not-made', {
    cause: error,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}
