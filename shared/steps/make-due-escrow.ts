import { newId } from '#crypto/identifiers.ts';
import {
  activeBackup,
  type Enrollment,
  type EscrowAttempt,
  isEscrowDue,
  readyKey,
  requireState,
  transitions,
  withoutPending,
} from '#domain/enrollment.ts';
import { StateError } from '#domain/errors.ts';
import { holdRecordToFloors } from '#domain/floors.ts';
import type { Secret } from '#domain/secret.ts';
import type { DueEscrow, DueKey } from '#ports/due-escrow.ts';
import type { DecidingPolicy, RecordNow } from '#ports/ledger.ts';
import { abandonEscrow, discardEscrow } from './abandon-escrow.ts';
import { attemptName, objectNameOf } from './attempt-documents.ts';
import { issueEscrowReceipt } from './backup-receipt.ts';
import type { Dependencies } from './dependencies.ts';
import { escrowBackup, type ProvedBackup } from './escrow-backup.ts';
import { loadEnrollment, loadOrganization } from './load.ts';
import { standsNot } from './may-stand.ts';
import { noteEscrowDue } from './note-escrow-due.ts';
import { type Opening, rightTry, takeBack, withOpenLock } from './open-lock.ts';
import { readPlaceholder, unwrapKey } from './opened-key.ts';
import { recorded } from './record.ts';
import { updateEnrollment } from './update-enrollment.ts';

/** What it takes to escrow a key that its subscriber opens. */
export type DueEscrowNeeds = Pick<
  Dependencies,
  'registry' | 'documents' | 'vault' | 'keys' | 'policy' | 'ledger' | 'clock' | 'build'
>;

const doing = 'escrow its key';

/** Longer than any request lasts, in milliseconds: an attempt that began before that is dead, and the next one takes its place. */
const mostOfAttempt = 60_000;

/** Makes due escrows on the spot, for a service that may do everything itself. */
export function escrowingHere(dependencies: DueEscrowNeeds): DueEscrow {
  return { make: (due) => makeDueEscrow(dependencies, due) };
}

/**
 * Makes the escrowed backup of an encryption key that was made without, and for which policy has required it since: as at enrollment,
 * pending in the record first, then stored, read back, proved, sealed, locked, recorded and receipted, and made to count by one write.
 * Its subscriber presents what opens the key, which is in memory for this one invocation. Policy is asked again: where it requires
 * escrow no more, the mark is taken away, and nothing is made. Safe to repeat: what stands is not made again.
 *
 * Anything before the last write that fails is taken back; what a crash leaves, the next request takes back after a minute, or the reconciler.
 * @returns the enrollment as it stands then
 * @throws StateError `escrow-in-progress` if another request is at it, `version-conflict`, `wrong-state` if the key was destroyed
 *   meanwhile; LockError `wrong-password`, `wrong-unlocking`, `enrollment-locked`, `enrollment-blocked`; PolicyError
 *   `enrollment-refused` for a record that crosses a floor; SetUpError `not-set-up`; AccessError `not-found`; ProofError `proof-failed`;
 *   StoreError `object-damaged`; what the ports throw
 */
export async function makeDueEscrow(dependencies: DueEscrowNeeds, due: DueKey): Promise<Enrollment> {
  const { organization, id: enrollmentId } = due.enrollment;
  const { requestId } = due;
  const found = await loadEnrollment(dependencies, organization, enrollmentId);
  if (!isEscrowDue(found)) return found;
  const policy = await noteEscrowDue(dependencies, found, requestId);
  if (policy === undefined) return await loadEnrollment(dependencies, organization, enrollmentId);
  const act = { action: 'escrow-key', organization, principal: 'service', enrollmentId, requestId };
  return await recorded(dependencies, act, async (recordNow, refuseNow) => {
    await endDead(dependencies, found);
    const privateKey = await openKey({ ...dependencies, refuseNow }, found, due);
    try {
      return await escrow(dependencies, found, { due, privateKey, policy, recordNow });
    } finally {
      privateKey.erase();
    }
  });
}

/** Ends an attempt that began before this one: it may have crashed, or be at work. */
async function endDead(dependencies: DueEscrowNeeds, enrollment: Enrollment): Promise<void> {
  const { escrowing } = enrollment;
  if (escrowing === undefined) return;
  const isDead = dependencies.clock.now().getTime() - Date.parse(escrowing.startedAt) > mostOfAttempt;
  if (!isDead && escrowing.isAbandoned !== true) throw new StateError('escrow-in-progress');
  await abandonEscrow(dependencies, enrollment, escrowing);
}

async function openKey(
  dependencies: DueEscrowNeeds & Opening,
  enrollment: Enrollment,
  { unlocking, authTime }: DueKey,
): Promise<Secret> {
  const signedIn = authTime === undefined ? {} : { authTime };
  const unwrap = (wrapped: Uint8Array) => unwrapKey(dependencies, enrollment, wrapped, unlocking);
  return await withOpenLock(dependencies, signedIn, enrollment, unlocking, unwrap);
}

/** A key that is open, what it was opened by, and by which policy it is escrowed. */
interface Opened {
  due: DueKey;
  privateKey: Secret;
  policy: DecidingPolicy;
  recordNow: RecordNow;
}

async function escrow(
  dependencies: DueEscrowNeeds,
  enrollment: Enrollment,
  opened: Opened,
): Promise<Enrollment> {
  const attempt = { id: newId('att'), startedAt: dependencies.clock.now().toISOString() };
  let hasStarted = false;
  try {
    const organization = await loadOrganization(dependencies, enrollment.organization);
    const started = await startAttempt(dependencies, enrollment, attempt, opened);
    hasStarted = true;
    const { privateKey } = opened;
    const papers = await readPlaceholder(dependencies, started, readyKey(started, doing));
    const pair = { privateKey, ...papers };
    const made = await escrowBackup(dependencies, organization, started, attempt, pair);
    return await finish(dependencies, started, attempt, { ...made, ...opened });
  } catch (error) {
    return await giveUp(dependencies, enrollment, attempt, { failure: error, hasStarted, ...opened });
  }
}

/** The write that names the attempt before it writes anything, and takes the counted try back: the password was right. */
async function startAttempt(
  dependencies: DueEscrowNeeds,
  enrollment: Enrollment,
  attempt: EscrowAttempt,
  { due: { unlocking } }: Opened,
): Promise<Enrollment> {
  const objectName = objectNameOf(enrollment, attempt);
  const pending = { state: 'pending', id: attempt.id, objectName, profile: 'modern' } as const;
  return await updateEnrollment(dependencies, enrollment, transitions.startEscrow, (current) => {
    requireState(current, ['ready'], doing);
    if (current.escrowing !== undefined) throw new StateError('escrow-in-progress');
    // It was made, or is due no more, since the key was opened.
    if (!isEscrowDue(current)) throw new StateError('version-conflict');
    holdRecordToFloors({ ...current, escrow: 'required' });
    const tries = 'password' in unlocking ? { tries: rightTry(current.tries) } : {};
    return { escrowing: attempt, backups: [pending], ...tries };
  });
}

/** Records and receipts the backup, then makes it count by one write. */
async function finish(
  dependencies: DueEscrowNeeds,
  enrollment: Enrollment,
  attempt: EscrowAttempt,
  { policy, recordNow, ...made }: ProvedBackup & Opened,
): Promise<Enrollment> {
  const { id: enrollmentId } = enrollment;
  const receiptId = attemptName(enrollment, attempt);
  const ledgerEntry = await recordNow({ policy, receiptId });
  const key = readyKey(enrollment, doing);
  await issueEscrowReceipt(dependencies, { ...enrollment, policy }, receiptId, key, { ...made, ledgerEntry });
  const backup = { ...made.backup, receiptId };
  return await updateEnrollment(dependencies, enrollment, transitions.finishEscrow, (current) => {
    requireState(current, ['ready'], doing);
    const isOwn = current.escrowing?.id === attempt.id && current.escrowing.isAbandoned !== true;
    // Somebody took the attempt for dead, or policy requires it no more: it must not count.
    if (!isOwn || !isEscrowDue(current)) throw new StateError('version-conflict');
    return {
      escrow: 'required',
      escrowDue: undefined,
      escrowing: undefined,
      backups: [...withoutPending(current), backup],
      events: [
        { name: 'BackupEscrowed', data: { enrollmentId, backupId: backup.id } },
        { name: 'DueEscrowMade', data: { enrollmentId } },
      ],
    };
  });
}

/**
 * After a failure: if the last write stands after all (its answer was lost), it is done; otherwise the attempt is abandoned and the
 * failure goes on. What cannot be abandoned now, the next request abandons, or the reconciler.
 */
async function giveUp(
  dependencies: DueEscrowNeeds,
  enrollment: Enrollment,
  attempt: EscrowAttempt,
  { failure, hasStarted, due }: Opened & { failure: unknown; hasStarted: boolean },
): Promise<Enrollment> {
  let isTaken = false;
  let told = failure;
  try {
    const current = await loadEnrollment(dependencies, enrollment.organization, enrollment.id);
    if (activeBackup(current)?.id === attempt.id) return current;
    if (current.escrowing?.id === attempt.id) {
      await abandonEscrow(dependencies, current, attempt);
    } else {
      isTaken = hasStarted && current.state === 'ready';
      // It never started, and the try that was right still counts as wrong.
      if (!hasStarted && 'password' in due.unlocking) await takeBack(dependencies, enrollment);
      await discardEscrow(dependencies, enrollment, attempt);
    }
    told = standsNot(failure);
  } catch {
    // The failure that led here is the one to tell; the record names the attempt for whoever comes next.
  }
  throw isTaken ? new StateError('version-conflict', { cause: failure }) : told;
}
