import { sha256Hex } from '#crypto/identifiers.ts';
import { generatePassphrase } from '#crypto/passwords.ts';
import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { type PfxProof, provePfx } from '#crypto/pfx/prove.ts';
import { randomIterations, writePfx } from '#crypto/pfx/write.ts';
import { sealPassphrase } from '#crypto/sealing.ts';
import type { ActiveBackup, Enrollment, MakingAttempt } from '#domain/enrollment.ts';
import { ProofError } from '#domain/errors.ts';
import type { Organization } from '#domain/organization.ts';
import type { Secret } from '#domain/secret.ts';
import { documentName, objectNameOf } from './attempt-documents.ts';
import type { Dependencies } from './dependencies.ts';
import { friendlyNameOf } from './key-papers.ts';

const day = 24 * 60 * 60 * 1000;

/** A key pair that was just made, and is in memory for this one invocation. */
export interface NewKeyPair {
  privateKey: Secret;
  /** DER SubjectPublicKeyInfo: the one in the CSR. */
  publicKey: Uint8Array;
  /** DER placeholder certificate */
  placeholder: Uint8Array;
}

/** A backup that is stored, proved and locked, and counts as soon as the enrollment's next write says so. */
export interface ProvedBackup {
  backup: Omit<ActiveBackup, 'receiptId'>;
  proof: PfxProof;
}

/**
 * Escrows a private key: writes its PFX under a random passphrase, stores it, reads it back by version, proves that it
 * opens and that its key works, seals the passphrase to the organization's recovery key, and locks the object for its
 * full retention. The passphrase exists here only.
 * @throws ProofError `proof-failed`; StoreError and StateError as the vault and the document store throw
 */
export async function escrowBackup(
  { vault, documents, clock }: Pick<Dependencies, 'vault' | 'documents' | 'clock'>,
  organization: Organization,
  enrollment: Enrollment,
  attempt: MakingAttempt,
  { privateKey, publicKey, placeholder }: NewKeyPair,
): Promise<ProvedBackup> {
  const passphrase = generatePassphrase();
  const derivations = new PfxDerivations();
  try {
    const pfx = await writePfx({
      privateKey,
      certificates: [placeholder],
      friendlyName: friendlyNameOf(enrollment),
      password: passphrase,
      iterations: randomIterations,
      derivations,
    });
    const pfxSha256 = sha256Hex(pfx);
    const now = clock.now().getTime();
    const objectName = objectNameOf(enrollment, attempt);
    const stored = await vault.put(objectName, pfx, new Date(now + day));
    const readBack = await vault.read(objectName, stored.version);
    if (sha256Hex(readBack) !== pfxSha256) {
      throw new ProofError('proof-failed', { why: 'The stored backup is not the one that was written.' });
    }
    const { purpose } = enrollment;
    const proof = await provePfx({
      pfx: readBack,
      password: passphrase,
      publicKey,
      purpose,
      derivations,
    });

    const sealed = await sealPassphrase({
      recoveryKey: organization.recoveryKey,
      passphrase,
      organization: organization.organization,
      enrollmentId: enrollment.id,
      backupId: attempt.id,
      pfxSha256,
    });
    const sealedName = documentName(enrollment, attempt, 'sealed-passphrase');
    await documents.put(sealedName, new TextEncoder().encode(sealed));

    const retainUntil = new Date(now + organization.policy.retentionDays * day);
    await vault.extendRetention(objectName, stored.version, retainUntil);
    return {
      proof,
      backup: {
        id: attempt.id,
        state: 'active',
        objectName,
        profile: 'modern',
        objectVersion: stored.version,
        pfxSha256,
        retainUntil: retainUntil.toISOString(),
        sealedPassphraseId: sealedName.id,
      },
    };
  } finally {
    derivations.erase();
    passphrase.erase();
  }
}
