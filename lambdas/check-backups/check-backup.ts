import { sha256Hex } from '#crypto/identifiers.ts';
import { readBackupForm } from '#crypto/pfx/backup-form.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { StoreError } from '#domain/errors.ts';
import type { BackupVault } from '#ports/backup-vault.ts';

/** A store may keep a date to the second. */
const dateTolerance = 1_000;

/**
 * Checks the stored backup of an enrollment as far as it goes without its passphrase, which is sealed to a key that the
 * service does not have: that the version is there; that the SHA-256 of the record, that which the store knows and that of the
 * bytes are one; that its retention does not end before the record says; and that our strict reader finds in it the structure
 * of a backup: its profile throughout, one private key and it encrypted, a MAC, nothing in clear (RFC 7292).
 * @returns whether there is a backup to check
 * @throws StoreError `object-missing`, also where a key that must be escrowed has no backup that counts; `object-damaged`;
 *   `retention-shortened`; `store-unavailable`; PfxError as `readBackupForm`
 */
export async function checkBackup(vault: BackupVault, enrollment: Enrollment): Promise<boolean> {
  const backup = activeBackup(enrollment);
  if (backup === undefined) {
    if (enrollment.state !== 'ready' || enrollment.escrow !== 'required') return false;
    throw new StoreError('object-missing', { why: 'The key is in use, and has no backup.' });
  }
  const { objectName, objectVersion, pfxSha256, retainUntil, profile } = backup;
  const stored = await vault.describe(objectName, objectVersion);
  if (stored.sha256 !== pfxSha256) throw new StoreError('object-damaged');
  if (stored.retainUntil.getTime() + dateTolerance < Date.parse(retainUntil)) {
    throw new StoreError('retention-shortened');
  }
  const bytes = await vault.read(objectName, objectVersion);
  if (sha256Hex(bytes) !== pfxSha256) throw new StoreError('object-damaged');
  readBackupForm(bytes, profile);
  return true;
}
