import type { PfxProof } from '#crypto/pfx/prove.ts';
import type { Enrollment, EnrollmentKey } from '#domain/enrollment.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { purposeNames } from '#domain/purpose.ts';
import type { Dependencies } from './dependencies.ts';
import type { ProvedBackup } from './escrow-backup.ts';
import { issueReceipt } from './issue-receipt.ts';

type Needs = Pick<Dependencies, 'keys' | 'documents' | 'clock' | 'build'>;

/** The entry that recorded what a receipt states; absent where nothing was recorded before. */
interface Recorded {
  ledgerEntry?: string | undefined;
}

/**
 * The receipt of an escrowed backup. No subscriber has agreed on its random passphrase, and none shall.
 * Throws as `issueReceipt` does.
 */
export async function issueEscrowReceipt(
  dependencies: Needs,
  enrollment: Enrollment,
  receiptId: string,
  key: EnrollmentKey,
  { backup, proof, recoveryKey, ledgerEntry }: ProvedBackup & Recorded,
): Promise<void> {
  const receipt = {
    ...commonFields(enrollment, key, ledgerEntry),
    backupId: backup.id,
    pfxSha256: backup.pfxSha256,
    profile: backup.profile,
    objectVersion: backup.objectVersion,
    retainUntil: backup.retainUntil,
    recoveryKey,
    ...statementOf(proof, false),
  };
  await issueReceipt(dependencies, receipt, receiptId);
}

/** A subscriber copy that was made, proved, and is about to be delivered. */
export interface ProvedCopy extends Recorded {
  exportId: string;
  pfxSha256: string;
  profile: PfxProfile;
  proof: PfxProof;
  /** The enrollment password was entered again in this request and opened the lock. */
  passwordAgreed: boolean;
}

/**
 * The receipt of a subscriber copy; it names no stored object, because there is none.
 * @returns the receipt's id and the JWS. Throws as `issueReceipt` does
 */
export async function issueCopyReceipt(
  dependencies: Needs,
  enrollment: Enrollment,
  key: EnrollmentKey,
  receiptId: string,
  { exportId, pfxSha256, profile, proof, passwordAgreed, ledgerEntry }: ProvedCopy,
): Promise<{ id: string; jws: string }> {
  const receipt = {
    ...commonFields(enrollment, key, ledgerEntry),
    backupId: exportId,
    pfxSha256,
    profile,
    objectVersion: null,
    retainUntil: null,
    recoveryKey: null,
    ...statementOf(proof, passwordAgreed),
  };
  return await issueReceipt(dependencies, receipt, receiptId);
}

/** What a receipt confirms: only what the proof tried and found true, and whether the password was entered again. */
function statementOf(proof: PfxProof, passwordAgreed: boolean) {
  const { privateKeyWorks, passwordSet, fileRestores, provedBy } = proof;
  return {
    confirms: { privateKeyWorks, passwordSet, passwordAgreed, fileRestores },
    provedBy: [...provedBy],
  };
}

function commonFields(enrollment: Enrollment, key: EnrollmentKey, ledgerEntry: string | undefined) {
  const { organization, id, purpose, keySpec, policy } = enrollment;
  return {
    receipt: 'backup' as const,
    organization,
    enrollmentId: id,
    label: purposeNames[purpose].label,
    purpose,
    keySpec,
    csrSha256: key.csrSha256,
    spkiSha256: key.spkiSha256,
    policy: { version: policy.version, rules: [...policy.rules] },
    ...(ledgerEntry !== undefined && { ledgerEntry }),
  };
}
