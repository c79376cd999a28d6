import type { CanaryKeys } from '#crypto/canary-keys.ts';
import { sha256Hex } from '#crypto/identifiers.ts';
import { PfxDerivations } from '#crypto/pfx/derivations.ts';
import { provePfx } from '#crypto/pfx/prove.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { certificatePublicKey, spkiSha256 } from '#crypto/public-key.ts';
import { openSealedPassphrase } from '#crypto/sealing.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { ProofError, StoreError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import type { Dependencies } from '#steps/dependencies.ts';

/**
 * Opens a canary as recovery will open anybody's key: its passphrase is unsealed, its backup read from the vault by version and
 * opened, its key held against the enrollment's and used.
 * @throws StoreError `object-missing`, `object-damaged`, `store-unavailable`; ProofError `sealed-passphrase-invalid`,
 *   `proof-failed`; PfxError as `readPfx`
 */
export async function openCanary(
  { documents, vault }: Pick<Dependencies, 'documents' | 'vault'>,
  enrollment: Enrollment,
  { recoveryPrivateKey }: Pick<CanaryKeys, 'recoveryPrivateKey'>,
): Promise<void> {
  const { organization, id: enrollmentId, key } = enrollment;
  const backup = activeBackup(enrollment);
  if (backup === undefined || key === undefined) throw new StoreError('object-missing');
  const { id: backupId, pfxSha256, objectName, objectVersion, sealedPassphraseId: id } = backup;
  const pfx = await vault.read(objectName, objectVersion);
  if (sha256Hex(pfx) !== pfxSha256) throw new StoreError('object-damaged');
  const sealed = await documents.get({ kind: 'sealed-passphrase', organization, id });
  const bound = { organization, enrollmentId, backupId, pfxSha256 };
  const password = await openSealedPassphrase(new TextDecoder().decode(sealed), recoveryPrivateKey, bound);
  const derivations = new PfxDerivations();
  try {
    const publicKey = await publicKeyIn(pfx, password, derivations);
    if (spkiSha256(publicKey) !== key.spkiSha256) {
      throw new ProofError('proof-failed', { why: 'The backup holds the key of another enrollment.' });
    }
    await provePfx({ pfx, password, publicKey, purpose: enrollment.purpose, derivations });
  } finally {
    derivations.erase();
    password.erase();
  }
}

/** @returns the public key of the file's certificate, DER; the reader finds the private key to be its */
async function publicKeyIn(
  pfx: Uint8Array,
  password: Secret,
  derivations: PfxDerivations,
): Promise<Uint8Array> {
  const { privateKey, certificates } = await readPfx(pfx, password, { derivations });
  privateKey.erase();
  const [certificate] = certificates;
  if (certificate === undefined) throw new ProofError('proof-failed');
  return certificatePublicKey(certificate);
}
