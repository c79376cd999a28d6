import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { JWK } from 'jose';
import { openByPassword } from '#crypto/locks.ts';
import { readPfx } from '#crypto/pfx/read.ts';
import { verifyReceipt } from '#crypto/receipts.ts';
import { openSealedPassphrase } from '#crypto/sealing.ts';
import type { ActiveBackup, Enrollment } from '#domain/enrollment.ts';
import type { Secret } from '#domain/secret.ts';
import type { DocumentKind } from '#ports/document-store.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { present } from './demo.ts';

/** SHA-256 of the public half of a private key in PKCS#8: of its DER SubjectPublicKeyInfo, hex. */
export function spkiSha256Of(privateKey: Secret): string {
  const key = createPrivateKey({ key: Buffer.from(privateKey.bytes()), format: 'der', type: 'pkcs8' });
  return sha256(createPublicKey(key).export({ type: 'spki', format: 'der' }));
}

/** Opens the locked record by password and custody. @returns the `spkiSha256` of what is in it */
export async function openedByPassword(
  { documents, keys }: Dependencies,
  { organization, id, purpose, key }: Enrollment,
  password: Secret,
): Promise<string> {
  const locked = await documents.get({ kind: 'locked-key', organization, id: present(key?.lockedKeyId) });
  const context = { organization, enrollmentId: id };
  const wrapped = await openByPassword({ locked, password, context, mac: (message) => keys.mac(message) });
  return spkiSha256Of(
    await present(keys.exportableKeys).unwrap(wrapped, { organization, enrollmentId: id, purpose }),
  );
}

/**
 * Opens an escrowed backup as its recovery does: by the recovery key's private half, from what is stored.
 * @returns the `spkiSha256` of what is in it, and what its receipt states
 */
export async function openedByRecovery(
  { documents, vault, keys }: Pick<Dependencies, 'documents' | 'vault' | 'keys'>,
  { organization, id: enrollmentId }: Enrollment,
  backup: ActiveBackup,
  recoveryKey: JWK,
) {
  const text = async (kind: DocumentKind, id: string) =>
    new TextDecoder().decode(await documents.get({ kind, organization, id }));
  const pfx = await vault.read(backup.objectName, backup.objectVersion);
  const passphrase = await openSealedPassphrase(
    await text('sealed-passphrase', backup.sealedPassphraseId),
    recoveryKey,
    { organization, enrollmentId, backupId: backup.id, pfxSha256: sha256(pfx) },
  );
  const { privateKey } = await readPfx(pfx, passphrase);
  const receipt = await verifyReceipt(await text('receipt', backup.receiptId), {
    keys: [await keys.receiptKey()],
  });
  return { spkiSha256: spkiSha256Of(privateKey), pfxSha256: sha256(pfx), receipt };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
