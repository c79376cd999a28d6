import { isDeepStrictEqual } from 'node:util';
import { newId, sha256Hex } from '#crypto/identifiers.ts';
import { spkiSha256 } from '#crypto/public-key.ts';
import { privateKeySigner, type Signer } from '#crypto/signer.ts';
import {
  type Backup,
  type Enrollment,
  type EnrollmentKey,
  type MakingAttempt,
  transitions,
} from '#domain/enrollment.ts';
import { ProviderError, StateError } from '#domain/errors.ts';
import type { DomainEvent } from '#domain/events.ts';
import { holdRecordToFloors } from '#domain/floors.ts';
import { keySpecs } from '#domain/key-spec.ts';
import type { Organization } from '#domain/organization.ts';
import type { Secret } from '#domain/secret.ts';
import type { BackupVault } from '#ports/backup-vault.ts';
import type { ExportableKeys, ResidentKeys } from '#ports/key-provider.ts';
import type { RecordNow } from '#ports/ledger.ts';
import { abandonAttempt, discardAttempt } from './abandon-attempt.ts';
import { attemptName, documentName, objectNameOf, putAndReadBack } from './attempt-documents.ts';
import { issueEscrowReceipt } from './backup-receipt.ts';
import type { Dependencies } from './dependencies.ts';
import { escrowBackup, type ProvedBackup } from './escrow-backup.ts';
import { type KeyPapers, makeKeyPapers } from './key-papers.ts';
import { checkCustody, keyContextOf, loadEnrollment, loadOrganization } from './load.ts';
import { lockKey } from './lock-key.ts';
import { standsNot } from './may-stand.ts';
import { updateEnrollment } from './update-enrollment.ts';

/** What making a key pair takes; a vault only where keys are made that are escrowed. */
export type KeyPairNeeds = Pick<Dependencies, 'registry' | 'documents' | 'keys' | 'clock' | 'build'> &
  Partial<Pick<Dependencies, 'vault'>>;
type Needs = KeyPairNeeds;

/** What an attempt made, ready for the one write that makes it the enrollment's key. */
interface Made {
  key: EnrollmentKey;
  escrow?: ProvedBackup;
}

/**
 * Makes an enrollment's key pair in one invocation: generation, CSR, placeholder certificate, both locks and, for an
 * encryption key, its proved escrowed backup. Nothing unlocked is ever written. The one write at the end makes all of it
 * count at once; anything before it that fails, or crashes, leaves an attempt that is abandoned whole.
 * @param password the subscriber's, where the enrollment's lock is `password`
 * @param passwordSetBy names the request that set it, so that the same request is known when it comes again
 * @param recordNow records that it is made, just before the one write: without its record there is no key
 * @returns the enrollment, `ready`
 * @throws StateError `wrong-state`, `making-in-progress`, `version-conflict`; PolicyError `enrollment-refused` for a record
 *   that crosses a floor; SetUpError `not-set-up`; AccessError `not-found`; InputError `invalid-input` if the lock lacks its
 *   password; ProofError `proof-failed`; ProviderError and StoreError as the ports throw
 */
export async function makeKeyPair(
  dependencies: Needs,
  enrollment: Enrollment,
  password?: Secret,
  passwordSetBy?: string,
  recordNow?: RecordNow,
): Promise<Enrollment> {
  checkCustody(dependencies, enrollment);
  if (enrollment.escrow === 'required') requireVault(dependencies);
  const organization = await loadOrganization(dependencies, enrollment.organization);
  const attempt = newAttempt(dependencies, enrollment);
  let hasStarted = false;
  try {
    const making = await startAttempt(dependencies, enrollment, attempt);
    hasStarted = true;
    const made = enrollment.exportable
      ? await makeExportable(dependencies, organization, making, attempt, password)
      : await makeResident(dependencies, organization, making, attempt);
    return await finish(dependencies, making, attempt, { ...made, passwordSetBy, recordNow });
  } catch (error) {
    return await giveUp(dependencies, enrollment, attempt, { failure: error, hasStarted });
  }
}

/** What makes identity keys on AWS has none: nothing that it could store there would be rightly there. */
function requireVault({ vault }: Needs): BackupVault {
  if (vault !== undefined) return vault;
  throw new ProviderError('provider-misconfigured', {
    why: 'No keys that are escrowed are made here.',
    next: 'Tell the operator: the event was sent to the wrong consumer.',
  });
}

function newAttempt({ clock }: Needs, { state }: Enrollment): MakingAttempt {
  return {
    id: newId('att'),
    startedAt: clock.now().toISOString(),
    from: state === 'accepted' ? 'accepted' : 'awaiting-subscriber',
  };
}

async function startAttempt(
  dependencies: Needs,
  enrollment: Enrollment,
  attempt: MakingAttempt,
): Promise<Enrollment> {
  const pending = {
    state: 'pending',
    id: attempt.id,
    objectName: objectNameOf(enrollment, attempt),
    profile: 'modern',
  } as const;
  return await updateEnrollment(dependencies, enrollment, transitions.startMaking, (current) => {
    // What was read decides what is made: a policy that was published since may have planned it otherwise.
    if (!isPlannedAlike(enrollment, current)) throw new StateError('version-conflict');
    holdRecordToFloors(current);
    return { attempt, backups: current.escrow === 'required' ? [pending] : [] };
  });
}

function isPlannedAlike(one: Enrollment, other: Enrollment): boolean {
  return isDeepStrictEqual(planOf(one), planOf(other));
}

function planOf({ exportable, escrow, lock }: Enrollment) {
  return { exportable, escrow, lock };
}

async function makeExportable(
  dependencies: Needs,
  organization: Organization,
  enrollment: Enrollment,
  attempt: MakingAttempt,
  password: Secret | undefined,
): Promise<Made> {
  const { exportableKeys } = dependencies.keys;
  if (exportableKeys === undefined) throw new ProviderError('provider-incapable');
  const { publicKey, privateKey, wrapped } = await generate(exportableKeys, enrollment);
  try {
    const signer = privateKeySigner(privateKey, enrollment.keySpec);
    const papers = await makeKeyPapers(dependencies, organization, enrollment, publicKey, signer);
    const locked = await lockKey(dependencies, enrollment, wrapped, password);
    const lockedName = documentName(enrollment, attempt, 'locked-key');
    await putAndReadBack(dependencies, lockedName, locked);
    const key = await storePapers(dependencies, enrollment, attempt, publicKey, papers);
    const made = { key: { ...key, lockedKeyId: lockedName.id } };
    if (enrollment.escrow !== 'required') return made;
    const pair = { privateKey, publicKey, placeholder: papers.placeholder };
    const stores = { ...dependencies, vault: requireVault(dependencies) };
    return { ...made, escrow: await escrowBackup(stores, organization, enrollment, attempt, pair) };
  } finally {
    privateKey.erase();
  }
}

function generate(keys: ExportableKeys, enrollment: Enrollment) {
  return keys.generate(enrollment.keySpec, keyContextOf(enrollment));
}

async function makeResident(
  dependencies: Needs,
  organization: Organization,
  enrollment: Enrollment,
  attempt: MakingAttempt,
): Promise<Made> {
  const { residentKeys } = dependencies.keys;
  if (residentKeys === undefined) throw new ProviderError('provider-incapable');
  const name = attemptName(enrollment, attempt);
  const publicKey = await residentKeys.generate(name, enrollment.keySpec, keyContextOf(enrollment));
  const signer = residentSigner(residentKeys, name, enrollment);
  const papers = await makeKeyPapers(dependencies, organization, enrollment, publicKey, signer);
  const key = await storePapers(dependencies, enrollment, attempt, publicKey, papers);
  return { key: { ...key, residentKey: name } };
}

function residentSigner(keys: ResidentKeys, name: string, { keySpec }: Enrollment): Signer {
  const algorithm = keySpecs[keySpec].signature;
  return { algorithm, sign: (message) => keys.sign(name, algorithm, message) };
}

async function storePapers(
  { documents }: Needs,
  enrollment: Enrollment,
  attempt: MakingAttempt,
  publicKey: Uint8Array,
  { csr, placeholder }: KeyPapers,
): Promise<EnrollmentKey> {
  const csrName = documentName(enrollment, attempt, 'csr');
  const placeholderName = documentName(enrollment, attempt, 'placeholder');
  await documents.put(csrName, csr);
  await documents.put(placeholderName, placeholder);
  return {
    spkiSha256: spkiSha256(publicKey),
    csrSha256: sha256Hex(csr),
    csrId: csrName.id,
    placeholderId: placeholderName.id,
  };
}

/** The one write that makes the attempt the enrollment's key, its backup active, and the CSR free to leave. */
async function finish(
  dependencies: Needs,
  enrollment: Enrollment,
  attempt: MakingAttempt,
  { key, escrow, ...asked }: Made & { passwordSetBy: string | undefined; recordNow: RecordNow | undefined },
): Promise<Enrollment> {
  const { id: enrollmentId, policy } = enrollment;
  const { passwordSetBy, recordNow } = asked;
  const events: DomainEvent[] = [{ name: 'EnrollmentKeyPairCreated', data: { enrollmentId } }];
  const backups: Backup[] = [];
  const receiptId = escrow === undefined ? undefined : attemptName(enrollment, attempt);
  const ledgerEntry = await recordNow?.({ policy, ...(receiptId !== undefined && { receiptId }) });
  if (escrow !== undefined && receiptId !== undefined) {
    await issueEscrowReceipt(dependencies, enrollment, receiptId, key, { ...escrow, ledgerEntry });
    backups.push({ ...escrow.backup, receiptId });
    events.push({ name: 'BackupEscrowed', data: { enrollmentId, backupId: escrow.backup.id } });
  }
  return await updateEnrollment(dependencies, enrollment, transitions.finishMaking, (current) => {
    // Somebody took the attempt for dead and abandoned it.
    if (current.attempt?.id !== attempt.id) throw new StateError('version-conflict');
    // Nothing is planned anew from now on, so who asked need not be kept.
    return { attempt: undefined, requestedBy: undefined, key, backups, events, passwordSetBy };
  });
}

/**
 * After a failure: if the last write stands after all (its answer was lost), the enrollment is ready; otherwise the attempt
 * is abandoned and the failure goes on. What cannot be abandoned now, the reconciler abandons. Where somebody took the attempt
 * for dead while it was at work, and discarded what it had written, that is the failure, and it may pass.
 */
async function giveUp(
  dependencies: Needs,
  enrollment: Enrollment,
  attempt: MakingAttempt,
  { failure, hasStarted }: { failure: unknown; hasStarted: boolean },
): Promise<Enrollment> {
  let isAbandoned = false;
  let told = failure;
  try {
    const current = await loadEnrollment(dependencies, enrollment.organization, enrollment.id);
    if (current.key?.csrId === attemptName(enrollment, attempt)) return current;
    isAbandoned = hasStarted && current.attempt?.id !== attempt.id;
    if (current.attempt?.id === attempt.id) await abandonAttempt(dependencies, current, attempt);
    else await discardAttempt(dependencies, enrollment, attempt);
    told = standsNot(failure);
  } catch {
    // The failure that led here is the one to tell; the attempt stays visible as `making` for the reconciler.
  }
  throw isAbandoned ? new StateError('version-conflict', { cause: failure }) : told;
}
