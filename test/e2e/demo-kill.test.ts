import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '#adapters/sqlite/database.ts';
import { activeBackup } from '#domain/enrollment.ts';
import { expectDelivered } from '#test/support/delivered.ts';
import {
  type DemoFolders,
  demoFolders,
  filesUnder,
  present,
  type RunningDemo,
  readSummary,
  runDemo,
  type SummaryEntry,
  startDemo,
} from '#test/support/demo.ts';
import { demoLedgerReport } from '#test/support/demo-ledger.ts';
import { verifyLedger } from '#test/support/kept-ledger.ts';
import { labelsInToken } from '#test/support/token-labels.ts';
import { DataFolder, documentsReferredTo } from '#test/support/traces.ts';

/** RSA and EC; identity and encryption; a key that cannot leave. */
const list = `subscriberId,givenName,familyName,email,purposes,keySpec,assurance
rosa.adler,Rosa,Adler,rosa.adler@example.org,identity+encryption,RSA_2048,medium
emil.curtis,Emil,Curtis,emil.curtis@example.org,identity+encryption,ECC_NIST_P256,medium-hardware
dev.relay,,Relay,pki@example.org,encryption,ECC_NIST_P384,medium-token
`;

/** When to kill: so many of these more than there were at the start, or after some milliseconds. */
interface Moment {
  what: 'milliseconds' | 'writes' | 'entries' | 'objects' | 'files';
  more: number;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** How far a demo has come, in numbers that only grow. */
function progressOf({ out, data }: DemoFolders): Record<Moment['what'], number> {
  const folder = new DataFolder(data);
  const count = (sql: string) => {
    try {
      return folder.count(sql);
    } catch {
      // Not there yet.
      return 0;
    }
  };
  return {
    milliseconds: performance.now(),
    writes: count('SELECT coalesce(sum(version), 0) FROM aggregates'),
    entries: count('SELECT count(*) FROM ledger'),
    objects: count('SELECT count(*) FROM vault_objects'),
    files: filesUnder(out).length,
  };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Kills a demo at a moment, give or take a little. @returns whether it had not ended before */
async function killAt(folders: DemoFolders, demo: RunningDemo, { what, more }: Moment): Promise<boolean> {
  const start = progressOf(folders)[what];
  let over = false;
  const ended = demo.ended.finally(() => {
    over = true;
  });
  while (!over && progressOf(folders)[what] < start + more) await pause(3);
  await pause(Math.random() * 25);
  demo.process.kill('SIGKILL');
  return (await ended).status === null;
}

/** What has left in one run must never be another in a later one. By path, the SHA-256 of what a person got. */
function handedOut({ out }: DemoFolders): Map<string, string> {
  const paths = filesUnder(out).filter((path) => /(csr\.pem|\.pfx|recovery\.private\.jwk)$/.test(path));
  return new Map(paths.map((path) => [path, sha256(readFileSync(join(out, path)))]));
}

/** No request for an encryption certificate has left whose key has no proved backup. */
function expectNoEarlyCsr({ out, data }: DemoFolders): void {
  const left = filesUnder(out).filter((path) => path.endsWith('_EN.csr.pem'));
  if (left.length === 0) return;
  const folder = new DataFolder(data);
  const documents = folder.documents();
  for (const path of left) {
    const subscriberId = path.split('/')[0];
    const enrollment = folder
      .enrollments()
      .find(({ subscriber, purpose }) => subscriber.id === subscriberId && purpose === 'encryption');
    const backup = present(activeBackup(present(enrollment)));
    expect(folder.vaultFiles()).toContain(backup.objectName);
    expect(documents).toContain(`sealed-passphrase ${backup.sealedPassphraseId}`);
    expect(documents).toContain(`receipt ${backup.receiptId}`);
  }
}

/** Runs a demo through a series of kills. @returns how many met it alive */
async function runThrough(
  folders: DemoFolders,
  moments: readonly Moment[],
  options: string[],
): Promise<number> {
  let killed = 0;
  const seen = new Map<string, string>();
  for (const moment of moments) {
    killed += (await killAt(folders, startDemo(folders, ...options), moment)) ? 1 : 0;
    expectNoEarlyCsr(folders);
    for (const [path, digest] of handedOut(folders)) seen.set(path, seen.get(path) ?? digest);
  }
  const last = await runDemo(folders, ...options);
  expect(last).toMatchObject({ status: 0 });
  const now = handedOut(folders);
  for (const [path, digest] of seen) expect([path, now.get(path)]).toEqual([path, digest]);
  return killed;
}

/** The end that an undisturbed run would have had: checked file by file, by programs that are not ours. */
async function expectWhole(folders: DemoFolders): Promise<void> {
  const { out } = folders;
  const summary = await readSummary(out);
  expect(summary.map(({ subscriberId, purpose }) => `${subscriberId} ${purpose}`)).toEqual([
    'rosa.adler identity',
    'rosa.adler encryption',
    'emil.curtis identity',
    'emil.curtis encryption',
    'dev.relay encryption',
  ]);
  for (const entry of summary) await expectDelivered(out, entry);
  const named = summary.flatMap(({ files, escrow }) => [
    ...Object.values(files),
    ...(escrow === undefined ? [] : [escrow.pfx, escrow.sealed, escrow.receipt]),
  ]);
  const others = filesUnder(out).filter((path) => !path.startsWith('ledger/'));
  expect(others).toEqual([...named, 'jwks.json', 'recovery.private.jwk', 'summary.json'].sort());
  expect(await demoLedgerReport(out)).toMatchObject({ ok: true, findings: [], remarks: [], unsealed: 0 });
  expectTidy(folders, summary);
}

/** Each enrollment once, one active backup each that needs one, nothing waiting, nothing left over. */
function expectTidy({ data }: DemoFolders, summary: readonly SummaryEntry[]): void {
  const folder = new DataFolder(data);
  const enrollments = folder.enrollments();
  expect(enrollments.map(({ id, state }) => [id, state]).sort()).toEqual(
    summary.map(({ enrollmentId }) => [enrollmentId, 'ready']).sort(),
  );
  for (const { purpose, backups, attempt, abandoned } of enrollments) {
    expect({ attempt, abandoned }).toEqual({ attempt: undefined, abandoned: undefined });
    expect(backups.map(({ state }) => state)).toEqual(purpose === 'encryption' ? ['active'] : []);
  }
  const unpublished = 'outbox WHERE position > (SELECT published FROM outbox_cursor)';
  for (const table of [unpublished, 'messages', 'dead_letters']) {
    expect([table, folder.rows(`SELECT * FROM ${table}`)]).toEqual([table, []]);
  }
  const keptFor = (name: string) => !name.startsWith('receipt');
  expect(folder.documents().filter(keptFor)).toEqual(documentsReferredTo(enrollments).filter(keptFor));
  expect(folder.documents()).toEqual(expect.arrayContaining(documentsReferredTo(enrollments)));
  expect(folder.vaultFiles()).toEqual(folder.vaultObjects());
  expect(folder.count("SELECT count(*) FROM vault_objects WHERE state <> 'stored'")).toBe(0);
  const database = openDatabase(join(data, 'escrow.db'));
  expect(verifyLedger(database, 'example')).toBeUndefined();
  database.close();
}

const anywhere = (most: number): Moment => ({ what: 'milliseconds', more: Math.random() * most });

describe('a demo that is killed again and again, keys in software', () => {
  const series: { name: string; moments: Moment[] }[] = [
    {
      name: 'while it starts and takes requests',
      moments: [
        anywhere(500),
        { what: 'writes', more: 3 },
        { what: 'entries', more: 2 },
        { what: 'writes', more: 5 },
      ],
    },
    {
      name: 'while it makes and escrows',
      moments: [
        { what: 'writes', more: 9 },
        { what: 'objects', more: 1 },
        { what: 'objects', more: 2 },
        { what: 'writes', more: 2 },
      ],
    },
    {
      name: 'while it delivers',
      moments: [
        { what: 'files', more: 6 },
        { what: 'files', more: 3 },
        { what: 'files', more: 4 },
        anywhere(2_000),
      ],
    },
  ];

  it.each(series)('$name, ends as if it had not been', async ({ moments }) => {
    const folders = demoFolder();
    const killed = await runThrough(folders, moments, ['--subscribers', listIn(folders)]);
    expect(killed).toBeGreaterThanOrEqual(2);
    await expectWhole(folders);
    const resident = new DataFolder(folders.data).enrollments().flatMap(({ key }) => key?.residentKey ?? []);
    expect(new DataFolder(folders.data).residentKeys()).toEqual(resident);
  });
});

describe('a demo that is killed again and again, keys in a token', () => {
  it('ends as if it had not been', async () => {
    const folders = demoFolder();
    const options = ['--subscribers', listIn(folders), '--keys', 'pkcs11'];
    const moments: Moment[] = [anywhere(700), { what: 'objects', more: 1 }, { what: 'files', more: 8 }];
    expect(await runThrough(folders, moments, options)).toBeGreaterThanOrEqual(2);
    await expectWhole(folders);
    expect(await labelsInToken(join(folders.data, 'token'))).toEqual([
      // Of a key pair both halves; one resident key was to be made.
      ...['caUserCert_keyPair', 'caUserCert_keyPair', 'escrow-binding', 'escrow-custody', 'escrow-mac'],
      ...['escrow-receipt', 'escrow-receipt'],
    ]);
  });
});

describe('a demo that is killed again and again, keys in the stand-in for AWS KMS', () => {
  it('ends as if it had not been', async () => {
    const folders = demoFolder();
    const options = ['--subscribers', listIn(folders), '--keys', 'kms', '--kms-stand-in'];
    const moments: Moment[] = [anywhere(700), { what: 'writes', more: 6 }, { what: 'files', more: 8 }];
    expect(await runThrough(folders, moments, options)).toBeGreaterThanOrEqual(2);
    await expectWhole(folders);
    const { aliases } = JSON.parse(readFileSync(join(folders.data, 'kms-stand-in/aliases.json'), 'utf8'));
    const enrollments = new DataFolder(folders.data).enrollments();
    const resident = enrollments.flatMap(({ key }) => key?.residentKey ?? []);
    expect(Object.keys(aliases).sort()).toEqual([
      ...['custody', 'mac', 'receipts'].map((duty) => `alias/escrow/${duty}`),
      ...resident.map((name) => `alias/escrow/resident/${name.replaceAll('.', '/')}`),
    ]);
  });
});

describe('what a kill in the middle of one write leaves', () => {
  it('is cleared by the next run', async () => {
    const folders = demoFolder();
    const { out, data } = folders;
    const options = ['--subscribers', listIn(folders), '--keys', 'pkcs11'];
    await killAt(folders, startDemo(folders, ...options), { what: 'files', more: 3 });
    const unfinished = `.${randomUUID()}.part`;
    for (const folder of [out, join(out, 'rosa.adler'), join(data, 'token')]) {
      writeFileSync(join(folder, unfinished), 'half of a secret');
    }
    const name = 'example/enr_1/att_1.pfx';
    mkdirSync(join(data, 'vault', 'example', 'enr_1'), { recursive: true });
    writeFileSync(join(data, 'vault', `${name}.1.tmp`), 'half of a backup');
    const database = openDatabase(join(data, 'escrow.db'));
    database.prepare("INSERT INTO vault_objects VALUES (?, '1', 'writing', '', 0, 0)").run(name);
    database.close();
    expect(await runDemo(folders, ...options)).toMatchObject({ status: 0 });
    await expectWhole(folders);
    expect(filesUnder(data).filter((path) => path.endsWith('.part'))).toEqual([]);
    expect(new DataFolder(data).vaultObjects()).not.toContain(name);
  });
});

const folderSets = [demoFolders(), demoFolders(), demoFolders(), demoFolders(), demoFolders(), demoFolders()];
const demoFolder = () => present(folderSets.pop());

function listIn({ root }: DemoFolders): string {
  const path = join(root, 'list.csv');
  writeFileSync(path, list);
  return path;
}
