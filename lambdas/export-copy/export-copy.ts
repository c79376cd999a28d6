import { derivedId, newId, sha256Hex } from '#crypto/identifiers.ts';
import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { type PfxProof, provePfx } from '#crypto/pfx/prove.ts';
import { copyIterations, writePfx } from '#crypto/pfx/write.ts';
import { type Enrollment, type EnrollmentKey, readyKey, transitions } from '#domain/enrollment.ts';
import { exportFileName } from '#domain/file-name.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import type { Principal } from '#domain/principal.ts';
import type { Secret } from '#domain/secret.ts';
import type { Unlocking } from '#domain/unlocking.ts';
import { type DecidingPolicy, decidedBoth, type RecordNow, type RefuseNow } from '#ports/ledger.ts';
import { issueCopyReceipt } from '#steps/backup-receipt.ts';
import { checkNewPassword } from '#steps/check-new-password.ts';
import { decide, exportRefused, resourceOf } from '#steps/decide.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { escrowIfDue } from '#steps/escrow-if-due.ts';
import { friendlyNameOf } from '#steps/key-papers.ts';
import { loadOwnEnrollment } from '#steps/load.ts';
import { rightTry, withOpenLock } from '#steps/open-lock.ts';
import { readPlaceholder, unwrapKey } from '#steps/opened-key.ts';
import { recorded } from '#steps/record.ts';
import { updateEnrollment } from '#steps/update-enrollment.ts';
import { chooseFilePassword, type FilePassword } from './file-password.ts';

type Needs = Pick<
  Dependencies,
  'registry' | 'documents' | 'policy' | 'keys' | 'dueEscrow' | 'ledger' | 'clock' | 'build'
>;

export interface ExportRequest {
  enrollmentId: string;
  unlocking: Unlocking;
  pfxPassword: FilePassword;
  /** `modern` if absent. */
  profile?: PfxProfile;
  /** The same key names the same export; its file and receipt are made anew each time. */
  idempotencyKey?: string;
  requestId: string;
}

/** A subscriber copy, proved, recorded and receipted, on its way to the subscriber and kept nowhere. */
export interface SubscriberCopy {
  exportId: string;
  fileName: string;
  profile: PfxProfile;
  pfx: Uint8Array;
  receiptId: string;
  /** Compact JWS */
  receipt: string;
  /** The file's password, where it was generated: told here, and kept nowhere. */
  generatedPassword?: Secret;
}

/**
 * Makes the subscriber's own copy of a pending key pair: opens both locks, writes the PFX under the password that the
 * subscriber chose, proves it, and hands it over only once receipt, event and record stand. Where an escrow became due since the key
 * was made, that is made first, whatever policy then says of the copy: nothing else is done with the key before it stands.
 * @throws AccessError `not-found`, `not-permitted` if policy lets the subscriber set no password; StateError `wrong-state`,
 *   `making-in-progress`; PolicyError `export-refused`; InputError
 *   `invalid-input`, `password-not-ascii`, `password-too-weak`; LockError `wrong-password`, `wrong-unlocking`, `enrollment-locked`,
 *   `enrollment-blocked`; ProofError `proof-failed`; PfxError `pfx-key-mismatch`; StoreError
 *   `object-damaged`; what `escrowIfDue` and the ports throw
 */
export async function exportCopy(
  dependencies: Needs,
  principal: Principal,
  request: ExportRequest,
): Promise<SubscriberCopy> {
  const { organization, subject } = principal;
  const { enrollmentId, requestId, profile = 'modern' } = request;
  const entry = { action: 'export-copy', organization, principal: subject, enrollmentId, requestId, profile };
  return await recorded(dependencies, entry, async (recordNow, refuseNow) => {
    const asFound = await loadOwnEnrollment(dependencies, principal, enrollmentId);
    const enrollment = await escrowIfDue(dependencies, principal, asFound, request);
    const key = readyKey(enrollment, 'export a copy');
    const allowed = await checkPolicy({ ...dependencies, refuseNow }, principal, enrollment, profile);
    const password = chooseFilePassword(request.pfxPassword, request.unlocking, profile);
    const generated = request.pfxPassword === 'generated';
    const decided = generated
      ? allowed
      : decidedBoth(allowed, await checkNewPassword(dependencies, principal, enrollment, password));
    try {
      const order = { ...request, profile, password, decided, recordNow, refuseNow };
      const copy = await unlockAndCopy(dependencies, principal, enrollment, key, order);
      return generated ? { ...copy, generatedPassword: password } : copy;
    } catch (error) {
      if (generated) password.erase();
      throw error;
    }
  });
}

async function unlockAndCopy(
  dependencies: Needs,
  principal: Principal,
  enrollment: Enrollment,
  key: EnrollmentKey,
  order: CopyOrder,
): Promise<SubscriberCopy> {
  const { unlocking, refuseNow } = order;
  const opening = { ...dependencies, refuseNow };
  const copy = (wrapped: Uint8Array) => makeCopyOf(dependencies, enrollment, key, order, wrapped);
  return await withOpenLock(opening, principal, enrollment, unlocking, copy);
}

async function checkPolicy(
  dependencies: Needs & { refuseNow: RefuseNow },
  principal: Principal,
  enrollment: Enrollment,
  profile: PfxProfile,
): Promise<DecidingPolicy> {
  const resource = { ...resourceOf(enrollment), profile };
  const action = profile === 'compatible' ? 'ExportCompatible' : 'Export';
  const decision = await decide(dependencies, { action, principal, resource });
  if (decision.allowed) return { version: decision.version, rules: decision.rules };
  const refusal = exportRefused(decision, enrollment.exportable);
  await dependencies.refuseNow(refusal);
  const data = { enrollmentId: enrollment.id, code: 'export-refused' } as const;
  await updateEnrollment(dependencies, enrollment, transitions.recordExportRefusal, () => ({
    events: [{ name: 'ExportRefused', data }],
  }));
  throw refusal;
}

/** A request once it is settled what the file becomes: its profile, and the password that it gets; and how it is recorded. */
type CopyOrder = ExportRequest & {
  profile: PfxProfile;
  password: Secret;
  decided: DecidingPolicy;
  recordNow: RecordNow;
  refuseNow: RefuseNow;
};

async function makeCopyOf(
  dependencies: Needs,
  enrollment: Enrollment,
  key: EnrollmentKey,
  order: CopyOrder,
  wrapped: Uint8Array,
): Promise<SubscriberCopy> {
  const privateKey = await unwrapKey(dependencies, enrollment, wrapped, order.unlocking);
  try {
    return await makeCopy(dependencies, enrollment, key, order, privateKey);
  } finally {
    privateKey.erase();
  }
}

async function makeCopy(
  dependencies: Needs,
  enrollment: Enrollment,
  key: EnrollmentKey,
  order: CopyOrder,
  privateKey: Secret,
): Promise<SubscriberCopy> {
  const { id, purpose, subscriber } = enrollment;
  const { placeholder, publicKey } = await readPlaceholder(dependencies, enrollment, key);
  const { pfx, proof } = await writeProved(enrollment, placeholder, publicKey, privateKey, order);

  const { profile } = order;
  const exportId = exportIdOf(enrollment, order.idempotencyKey);
  const passwordAgreed = 'password' in order.unlocking;
  const receiptId = newId('rcp');
  // No record, no copy: it stands before anything says that there is one.
  const ledgerEntry = await order.recordNow({ policy: order.decided, receiptId });
  const copy = { exportId, pfxSha256: sha256Hex(pfx), profile, proof, passwordAgreed, ledgerEntry };
  const receipt = await issueCopyReceipt(dependencies, enrollment, key, receiptId, copy);
  await updateEnrollment(dependencies, enrollment, transitions.recordExport, (current) => ({
    exports: current.exports + 1,
    ...(passwordAgreed && { tries: rightTry(current.tries) }),
    events: [{ name: 'SubscriberCopyExported', data: { enrollmentId: id, exportId, profile } }],
  }));
  const fileName = exportFileName(subscriber.familyName, purpose, 'pfx');
  return { exportId, fileName, profile, pfx, receiptId: receipt.id, receipt: receipt.jws };
}

/** The file, and what proved it. What was derived for writing serves our own reader too; OpenSSL derives for itself. */
async function writeProved(
  enrollment: Enrollment,
  placeholder: Uint8Array,
  publicKey: Uint8Array,
  privateKey: Secret,
  { profile, password }: CopyOrder,
): Promise<{ pfx: Uint8Array; proof: PfxProof }> {
  const derivations = new PfxDerivations();
  try {
    const friendlyName = friendlyNameOf(enrollment);
    const opening = { profile, password, derivations };
    const file = { ...opening, privateKey, friendlyName, iterations: copyIterations[profile] };
    const pfx = await writePfx({ ...file, certificates: [placeholder] });
    const { purpose } = enrollment;
    return { pfx, proof: await provePfx({ ...opening, pfx, publicKey, purpose }) };
  } finally {
    derivations.erase();
  }
}

function exportIdOf({ id, organization }: Enrollment, idempotencyKey: string | undefined): string {
  return idempotencyKey === undefined ? newId('exp') : derivedId('exp', organization, id, idempotencyKey);
}
