import { createHash, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactDecrypt, type JWK } from 'jose';
import { expect } from 'vitest';
import { openDatabase } from '#adapters/sqlite/database.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { filesUnder, present } from './demo.ts';
import { verifyLedger } from './kept-ledger.ts';
import { openWithOpenssl, spkiOf } from './pfx-tools.ts';
import { outputOf } from './program.ts';
import { DataFolder, documentsReferredTo } from './traces.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/**
 * Expects that a data folder, whose server has ended in order, is whole: nothing half done, nothing twice, nothing that nobody
 * refers to, and every key's escrow opens by the recovery key alone. Read past every adapter, and opened by programs that are
 * not ours.
 */
export async function expectWhole(path: string, organization: string, recoveryKey: JWK): Promise<void> {
  const folder = new DataFolder(path);
  const enrollments = folder.enrollments();
  for (const enrollment of enrollments) expectSettled(enrollment);
  expectKeysOnce(enrollments);
  expectTidy(folder, enrollments);
  expectExplainedOrphans(folder, enrollments);
  const database = openDatabase(join(path, 'escrow.db'));
  expect(verifyLedger(database, organization)).toBeUndefined();
  database.close();
  await expectOpening(folder, enrollments, recoveryKey);
}

/** Nobody is at work on it any more, and an encryption key has the one backup that it must have. */
function expectSettled({
  state,
  attempt,
  abandoned,
  superseded,
  purpose,
  backups,
  key,
  id,
}: Enrollment): void {
  const settled = { attempt: undefined, abandoned: undefined, superseded: undefined };
  expect({ id, attempt, abandoned, superseded }).toEqual({ id, ...settled });
  expect(['making', 'accepted'], id).not.toContain(state);
  const hasEscrow = key !== undefined && purpose === 'encryption';
  expect([id, ...backups.map((backup) => backup.state)]).toEqual(hasEscrow ? [id, 'active'] : [id]);
}

/** No two enrollments have a key pair, a document or a stored backup in common. */
function expectKeysOnce(enrollments: readonly Enrollment[]): void {
  const keys = enrollments.flatMap(({ key }) => (key === undefined ? [] : [key.spkiSha256]));
  expect(new Set(keys).size).toBe(keys.length);
  const documents = documentsReferredTo(enrollments);
  expect(new Set(documents).size).toBe(documents.length);
}

/** Nothing waits, nothing was given up, no event was borne twice, and no document stands that no enrollment names. */
function expectTidy(folder: DataFolder, enrollments: readonly Enrollment[]): void {
  // What was sealed at the very end is told at the next start.
  const unpublished =
    "outbox WHERE position > (SELECT published FROM outbox_cursor) AND type <> 'LedgerCheckpointed'";
  for (const table of [unpublished, 'messages', 'dead_letters']) {
    expect([table, folder.rows(`SELECT * FROM ${table}`)]).toEqual([table, []]);
  }
  expect(folder.rows('SELECT id FROM outbox GROUP BY source, id HAVING count(*) > 1')).toEqual([]);
  // A receipt of an export is the subscriber's: no record points to it.
  const isKept = (name: string) => !name.startsWith('receipt');
  expect(folder.documents().filter(isKept)).toEqual(documentsReferredTo(enrollments).filter(isKept));
  expect(folder.documents()).toEqual(expect.arrayContaining(documentsReferredTo(enrollments)));
  const inSoftware = enrollments.filter(({ custody }) => custody === 'software');
  const resident = inSoftware.flatMap(({ key }) => key?.residentKey ?? []);
  expect(folder.residentKeys()).toEqual(resident.sort());
}

/**
 * Every object of the vault is one that an enrollment names, or one of an attempt that was abandoned, as an event told,
 * which its lock keeps for now.
 */
function expectExplainedOrphans(folder: DataFolder, enrollments: readonly Enrollment[]): void {
  expect(folder.vaultFiles()).toEqual(folder.vaultObjects());
  expect(folder.count("SELECT count(*) FROM vault_objects WHERE state <> 'stored'")).toBe(0);
  const named = enrollments.flatMap((enrollment) => activeBackup(enrollment)?.objectName ?? []);
  expect(folder.vaultObjects()).toEqual(expect.arrayContaining(named));
  const orphans = folder.vaultObjects().filter((name) => !named.includes(name));
  const locked = folder.rows('SELECT name FROM vault_objects WHERE retain_until > 1000 * unixepoch()');
  expect(locked.map(({ name }) => name)).toEqual(expect.arrayContaining(orphans));
  const abandoned = folder
    .rows("SELECT data ->> '$.enrollmentId' AS id FROM outbox WHERE type = 'KeyPairAttemptAbandoned'")
    .map(({ id }) => String(id));
  for (const { id } of enrollments) {
    const its = orphans.filter((name) => name.includes(id)).length;
    expect([id, its <= abandoned.filter((each) => each === id).length]).toEqual([id, true]);
  }
}

/** Each CSR is the one that its record states, and each backup opens to its key by the recovery key and openssl. */
async function expectOpening(
  folder: DataFolder,
  enrollments: readonly Enrollment[],
  recoveryKey: JWK,
): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'escrow-opening-'));
  try {
    for (const enrollment of enrollments) {
      if (enrollment.key === undefined) continue;
      const { csrId, csrSha256, spkiSha256 } = enrollment.key;
      const csr = join(scratch, 'csr.der');
      writeFileSync(csr, folder.document('csr', csrId));
      expect(sha256(readFileSync(csr))).toBe(csrSha256);
      const asked = ['req', '-inform', 'DER', '-in', csr, '-verify', '-noout', '-pubkey'];
      const pem = await outputOf('openssl', asked);
      expect(sha256(spkiOf(createPublicKey(pem)))).toBe(spkiSha256);
      if (activeBackup(enrollment) === undefined) continue;
      expect(await recoveredSpki(folder, enrollment, recoveryKey)).toBe(spkiSha256);
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Opens an escrowed backup as its recovery does, with what is stored and the recovery key. */
async function recoveredSpki(folder: DataFolder, enrollment: Enrollment, recoveryKey: JWK): Promise<string> {
  const { objectName, objectVersion, pfxSha256, sealedPassphraseId } = present(activeBackup(enrollment));
  const sealed = folder.document('sealed-passphrase', sealedPassphraseId);
  const { plaintext } = await compactDecrypt(sealed, recoveryKey);
  const content = JSON.parse(new TextDecoder().decode(plaintext));
  expect(content).toMatchObject({ enrollmentId: enrollment.id, pfxSha256 });
  const path = join(folder.folder, 'vault', `${objectName}.${objectVersion}`);
  expect(
    filesUnder(join(folder.folder, 'vault')).map((file) => join(folder.folder, 'vault', file)),
  ).toContain(path);
  expect(sha256(readFileSync(path))).toBe(pfxSha256);
  const { privateKey } = await openWithOpenssl(path, content.passphrase);
  return sha256(spkiOf(privateKey));
}
