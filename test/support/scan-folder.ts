import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { filesUnder } from './demo.ts';
import { SecretScanner } from './secret-scanner.ts';
import type { KnownSecret } from './secrets-of-demo.ts';

/**
 * Looks for secrets in every file of a folder, and in every value of every database there.
 * @returns what was found, by place; the homes of secrets are passed over for their own secret only
 */
export function scanFolder(root: string, secrets: readonly KnownSecret[]): Record<string, string[]> {
  const all = new SecretScanner(secrets);
  const found: Record<string, string[]> = {};
  // Every file before any database: opening one clears its log away.
  const files = filesUnder(root).map((path) => ({ path, bytes: readFileSync(join(root, path)) }));
  const tables = files
    .filter(({ path }) => path.endsWith('.db'))
    .map(({ path }) => ({ path, bytes: rowsIn(join(root, path)) }));
  for (const { path, bytes } of [...files, ...tables]) {
    const strangers = secrets.filter(({ home }) => home !== path);
    const scanner = strangers.length === secrets.length ? all : new SecretScanner(strangers);
    const here = scanner.find(bytes);
    if (here.length > 0) found[path] = [...new Set([...(found[path] ?? []), ...here])];
  }
  return found;
}

/** Every value of every table, since the pages of a database file cut long ones up. */
function rowsIn(file: string): Buffer {
  const database = new DatabaseSync(file);
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const values = tables.flatMap(({ name }) =>
    database
      .prepare(`SELECT * FROM "${name}"`)
      .all()
      .flatMap((row) => Object.values(row)),
  );
  database.close();
  return Buffer.concat(
    values.flatMap((value) => [
      value instanceof Uint8Array ? value : Buffer.from(String(value)),
      Buffer.from('\n'),
    ]),
  );
}
