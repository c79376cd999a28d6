import type { Database, Statement } from '#adapters/sqlite/database.ts';
import { integerOf, type Row, textOf } from '#adapters/sqlite/rows.ts';
import type { StoredObject } from '#ports/backup-vault.ts';

/** What the index knows of an object. Only `stored` counts; the others are work that a crash may have left. */
export interface VaultEntry extends StoredObject {
  stored: boolean;
}

/** The metadata of a vault, in SQLite. Each change is one statement, durable when it returns. */
export class VaultIndex {
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database) {
    this.#statements = prepare(database);
  }

  /** The entry of a name, finished or not. */
  find(name: string): VaultEntry | undefined {
    const row = this.#statements.find.get(name);
    return row === undefined ? undefined : entryOf(row);
  }

  /** Takes a name for a version that is about to be written. */
  begin({ name, version, sha256, size, retainUntil }: StoredObject): void {
    this.#statements.begin.run(name, version, sha256, size, retainUntil.getTime());
  }

  /** The version's file is there, whole and durable: from now on it counts. */
  finish(name: string, version: string): void {
    this.#statements.finish.run(name, version);
  }

  /** @returns false if there is no such version, or it is locked for longer already */
  extend(name: string, version: string, retainUntil: Date): boolean {
    const until = retainUntil.getTime();
    return this.#statements.extend.run(until, name, version, until) === 1;
  }

  /** From now on the version no longer counts. @returns false if there is no such version, or it is still locked */
  beginRemoval(name: string, version: string, now: Date): boolean {
    return this.#statements.beginRemoval.run(name, version, now.getTime()) === 1;
  }

  /** Forgets a version whose file is gone. */
  forget(name: string, version: string): void {
    this.#statements.forget.run(name, version);
  }

  /** What counts under a prefix and comes after a name, in the order of names; at most so many. */
  list(prefix: string, after: string, limit: number): VaultEntry[] {
    return this.#statements.list.all(prefix, `${prefix}\u{10FFFF}`, after, limit).map(entryOf);
  }

  /** What was begun and not finished, by a crash or by work that goes on. */
  unfinished(): VaultEntry[] {
    return this.#statements.unfinished.all().map(entryOf);
  }
}

function prepare(database: Database) {
  const columns = 'SELECT name, version, state, sha256, size, retain_until FROM vault_objects';
  return {
    find: database.prepare(`${columns} WHERE name = ?`),
    begin: database.prepare(`
      INSERT INTO vault_objects (name, version, state, sha256, size, retain_until)
      VALUES (?, ?, 'writing', ?, ?, ?)`),
    finish: database.prepare(`
      UPDATE vault_objects SET state = 'stored' WHERE name = ? AND version = ? AND state = 'writing'`),
    extend: database.prepare(`
      UPDATE vault_objects SET retain_until = ?
      WHERE name = ? AND version = ? AND state = 'stored' AND retain_until <= ?`),
    beginRemoval: database.prepare(`
      UPDATE vault_objects SET state = 'removing'
      WHERE name = ? AND version = ? AND state = 'stored' AND retain_until <= ?`),
    forget: database.prepare(`
      DELETE FROM vault_objects WHERE name = ? AND version = ? AND state <> 'stored'`),
    list: database.prepare(`
      ${columns} WHERE state = 'stored' AND name >= ? AND name < ? AND name > ? ORDER BY name LIMIT ?`),
    unfinished: database.prepare(`${columns} WHERE state <> 'stored'`),
  } satisfies Record<string, Statement>;
}

function entryOf(row: Row): VaultEntry {
  return {
    name: textOf(row, 'name'),
    version: textOf(row, 'version'),
    sha256: textOf(row, 'sha256'),
    size: integerOf(row, 'size'),
    retainUntil: new Date(integerOf(row, 'retain_until')),
    stored: textOf(row, 'state') === 'stored',
  };
}
