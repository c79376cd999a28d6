import { sha256Hex } from '#crypto/identifiers.ts';
import { generatePassphrase } from '#crypto/passwords.ts';
import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { type PfxProof, provePfx } from '#crypto/pfx/prove.ts';
import { randomIterations, writePfx } from '#crypto/pfx/write.ts';
import { recoveryKeyThumbprint, sealPassphrase } from '#crypto/sealing.ts';
import type { ActiveBackup, Enrollment, MakingAttempt } from '#domain/enrollment.ts';
import { ProofError } from '#domain/errors.ts';
import { type Organization, retentionDaysOf } from '#domain/organization.ts';
import type { Secret } from '#domain/secret.ts';
import { documentName, objectNameOf, putAndReadBack } from './attempt-documents.ts';
import type { Dependencies } from './dependencies.ts';
import { friendlyNameOf } from './key-papers.ts';

const day = 24 * 60 * 60 * 1000;

/** A key pair that was just made, or opened by its subscriber, and is in memory for this one invocation. */
export interface KeyPairInMemory {
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
  /** RFC 7638 thumbprint of the recovery key that the passphrase is sealed to. */
  recoveryKey: string;
}

type Stores = Pick<Dependencies, 'vault' | 'documents' | 'clock'>;

/**
 * Escrows a private key: writes its PFX under a random passphrase, stores it, reads it back by version, proves that it
 * opens and that its key works, seals the passphrase to the organization's recovery key, and locks the object for its
 * full retention. The passphrase exists here only.
 * @throws ProofError `proof-failed`; PfxError, InternalError as `writePfx`; InputError `recipient-key-invalid` if the
 *   organization's recovery key is none; StoreError and StateError as the vault and the document store throw
 */
export async function escrowBackup(
  dependencies: Stores,
  organization: Organization,
  enrollment: Enrollment,
  attempt: Pick<MakingAttempt, 'id'>,
  { privateKey, publicKey, placeholder }: KeyPairInMemory,
): Promise<ProvedBackup> {
  const passphrase = generatePassphrase();
  const derivations = new PfxDerivations();
  const opening = { password: passphrase, derivations };
  try {
    const friendlyName = friendlyNameOf(enrollment);
    const file = { privateKey, certificates: [placeholder], friendlyName, iterations: randomIterations };
    const pfx = await writePfx({ ...file, ...opening });
    const now = dependencies.clock.now().getTime();
    const stored = await storeAndReadBack(dependencies, objectNameOf(enrollment, attempt), pfx, now);
    const { purpose } = enrollment;
    const proof = await provePfx({ pfx: stored.readBack, publicKey, purpose, ...opening });
    const { name, version, sha256 } = stored;
    const sealed = await sealBeside(dependencies, organization, enrollment, attempt, passphrase, sha256);
    const retainUntil = new Date(now + retentionDaysOf(organization) * day);
    await dependencies.vault.extendRetention(name, version, retainUntil);
    const backup = {
      id: attempt.id,
      state: 'active',
      objectName: name,
      profile: 'modern',
      objectVersion: version,
      pfxSha256: sha256,
      retainUntil: retainUntil.toISOString(),
      sealedPassphraseId: sealed.id,
    } as const;
    return { proof, recoveryKey: sealed.recoveryKey, backup };
  } finally {
    derivations.erase();
    passphrase.erase();
  }
}

/** Stores a PFX, locked for its first day. @returns what the store gives back for it, which is what was written */
async function storeAndReadBack({ vault }: Stores, name: string, pfx: Uint8Array, now: number) {
  const sha256 = sha256Hex(pfx);
  const { version } = await vault.put(name, pfx, new Date(now + day));
  const readBack = await vault.read(name, version);
  if (sha256Hex(readBack) !== sha256) {
    throw new ProofError('proof-failed', { why: 'The stored backup is not the one that was written.' });
  }
  return { name, version, sha256, readBack };
}

/** Seals the passphrase and stores it beside the PFX. */
async function sealBeside(
  dependencies: Stores,
  { organization, recoveryKey }: Organization,
  enrollment: Enrollment,
  attempt: Pick<MakingAttempt, 'id'>,
  passphrase: Secret,
  pfxSha256: string,
) {
  const backup = { organization, enrollmentId: enrollment.id, backupId: attempt.id, pfxSha256 };
  const sealed = new TextEncoder().encode(await sealPassphrase({ recoveryKey, passphrase, ...backup }));
  const name = documentName(enrollment, attempt, 'sealed-passphrase');
  await putAndReadBack(dependencies, name, sealed);
  return { id: name.id, recoveryKey: await recoveryKeyThumbprint(recoveryKey) };
}
