import type { PfxProof } from '#crypto/pfx/prove.ts';
import type { Enrollment, EnrollmentKey, MakingAttempt } from '#domain/enrollment.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import { purposeNames } from '#domain/purpose.ts';
import { attemptName } from './attempt-documents.ts';
import type { Dependencies } from './dependencies.ts';
import type { ProvedBackup } from './escrow-backup.ts';
import { issueReceipt } from './issue-receipt.ts';

type Needs = Pick<Dependencies, 'keys' | 'documents' | 'clock' | 'build'>;

/**
 * The receipt of an escrowed backup. No subscriber has agreed on its random passphrase, and none shall.
 * @returns the receipt's id. Throws as `issueReceipt` does
 */
export async function issueEscrowReceipt(
  dependencies: Needs,
  enrollment: Enrollment,
  attempt: MakingAttempt,
  key: EnrollmentKey,
  { backup, proof, recoveryKey }: ProvedBackup,
): Promise<string> {
  const receipt = {
    ...commonFields(enrollment, key),
    backupId: backup.id,
    pfxSha256: backup.pfxSha256,
    profile: backup.profile,
    objectVersion: backup.objectVersion,
    retainUntil: backup.retainUntil,
    recoveryKey,
    ...statementOf(proof, false),
  };
  const { id } = await issueReceipt(dependencies, receipt, attemptName(enrollment, attempt));
  return id;
}

/** A subscriber copy that was made, proved, and is about to be delivered. */
export interface ProvedCopy {
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
  { exportId, pfxSha256, profile, proof, passwordAgreed }: ProvedCopy,
): Promise<{ id: string; jws: string }> {
  const receipt = {
    ...commonFields(enrollment, key),
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

function commonFields(enrollment: Enrollment, key: EnrollmentKey) {
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
  };
}
