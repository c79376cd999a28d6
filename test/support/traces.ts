import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Enrollment } from '#domain/enrollment.ts';
import { filesUnder } from './demo.ts';

/** What a data folder holds, read past every adapter. */
export class DataFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Rows of a query on the main database. Columns are those that the query names. */
  rows(sql: string, file = 'escrow.db'): Record<string, unknown>[] {
    const database = new DatabaseSync(join(this.folder, file), { readOnly: true });
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  }

  /** The one number that a query gives. */
  count(sql: string): number {
    return Number(Object.values(this.rows(sql)[0] ?? {})[0]);
  }

  enrollments(): Enrollment[] {
    return this.rows("SELECT record FROM aggregates WHERE type = 'enrollment' ORDER BY id").map(
      ({ record }) => JSON.parse(String(record)),
    );
  }

  /** Every write-once record of an enrollment, as `kind id`, sorted; policies are the organization's. */
  documents(): string[] {
    const named = (row: Record<string, unknown>) => `${row['kind']} ${row['id']}`;
    return [
      ...this.rows("SELECT kind, id FROM documents WHERE kind NOT LIKE 'policy%'").map(named),
      ...this.rows('SELECT kind, id FROM locked_keys', 'locked-keys.db').map(named),
    ].sort();
  }

  /** The bytes of one write-once record. */
  document(kind: string, id: string): Uint8Array {
    const named = `kind = '${kind}' AND id = '${id}'`;
    const [row] =
      kind === 'locked-key'
        ? this.rows(`SELECT bytes FROM locked_keys WHERE ${named}`, 'locked-keys.db')
        : this.rows(`SELECT bytes FROM documents WHERE ${named}`);
    const bytes = row?.['bytes'];
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`there is no ${kind} ${id}`);
    return bytes;
  }

  /** The names of the vault's objects, finished or not, sorted. */
  vaultObjects(): string[] {
    return this.rows('SELECT name FROM vault_objects ORDER BY name').map(({ name }) => String(name));
  }

  /** The vault's files, without the version that their names end in, sorted. */
  vaultFiles(): string[] {
    return filesUnder(join(this.folder, 'vault')).map((path) => path.replace(/\.pfx\..*$/, '.pfx'));
  }

  /** The names of the software provider's resident keys, sorted. */
  residentKeys(): string[] {
    const files = filesUnder(join(this.folder, 'software-keys', 'resident'));
    return files.map((name) => name.replace(/\.json$/, ''));
  }
}

/** Every write-once record that enrollments point to, as `kind id`, sorted. Receipts of exports are pointed to by nobody. */
export function documentsReferredTo(enrollments: readonly Enrollment[]): string[] {
  const named = enrollments.flatMap(({ key, backups, refusal }) => [
    ...(key === undefined ? [] : [`csr ${key.csrId}`, `placeholder ${key.placeholderId}`]),
    ...(key?.lockedKeyId === undefined ? [] : [`locked-key ${key.lockedKeyId}`]),
    ...backups.flatMap((backup) =>
      backup.state === 'active'
        ? [`sealed-passphrase ${backup.sealedPassphraseId}`, `receipt ${backup.receiptId}`]
        : [],
    ),
    ...(refusal === undefined ? [] : [`receipt ${refusal.receiptId}`]),
  ]);
  return named.sort();
}
