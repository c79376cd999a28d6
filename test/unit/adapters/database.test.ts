import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openDatabase, openLockedKeys } from '#adapters/sqlite/database.ts';
import { bytesOf, integerOf, textOf } from '#adapters/sqlite/rows.ts';
import { mainSchema } from '#adapters/sqlite/schema.ts';
import { EscrowError, InternalError, StateError, StoreError } from '#domain/errors.ts';
import { temporaryFolder } from './temporary-folder.ts';

function thrownBy(work: () => unknown): EscrowError {
  try {
    work();
  } catch (error) {
    if (error instanceof EscrowError) return error;
    throw error;
  }
  return expect.unreachable('it should have thrown');
}

describe('openDatabase', () => {
  const folder = temporaryFolder();

  it('makes a private folder and private files, log files included', () => {
    const database = openDatabase(folder('data', 'escrow.db'));
    const modeOf = (path: string) => statSync(path).mode & 0o777;
    expect(modeOf(folder('data'))).toBe(0o700);
    for (const file of ['escrow.db', 'escrow.db-wal', 'escrow.db-shm']) {
      expect(modeOf(folder('data', file))).toBe(0o600);
    }
    database.close();
  });

  it('makes a file private that was open to others', () => {
    openDatabase(folder('escrow.db')).close();
    chmodSync(folder('escrow.db'), 0o644);
    openDatabase(folder('escrow.db')).close();
    expect(statSync(folder('escrow.db')).mode & 0o777).toBe(0o600);
  });

  it('syncs each commit, logs ahead, holds foreign keys and overwrites what is deleted', () => {
    const database = openDatabase(folder('escrow.db'));
    const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect(pragma('journal_mode')).toBe('wal');
    expect(pragma('synchronous')).toBe(2);
    expect(pragma('foreign_keys')).toBe(1);
    expect(pragma('secure_delete')).toBe(1);
    expect(pragma('user_version')).toBe(mainSchema.length);
    database.close();
  });

  it('keeps locked keys in a file that has nothing else', () => {
    openLockedKeys(folder('locked-keys.db')).close();
    const raw = new DatabaseSync(folder('locked-keys.db'));
    const tables = raw.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    raw.close();
    expect(tables.map((row) => textOf(row, 'name'))).toEqual(['locked_keys']);
  });

  it('opens what an earlier version of the schema left, and brings it up to date', () => {
    new DatabaseSync(folder('escrow.db')).close();
    const database = openDatabase(folder('escrow.db'));
    expect(database.prepare('SELECT count(*) AS n FROM aggregates').get()).toEqual({ n: 0 });
    database.close();
  });

  it('refuses what a later version wrote, and changes nothing', () => {
    openDatabase(folder('escrow.db')).close();
    const raw = new DatabaseSync(folder('escrow.db'));
    raw.exec('PRAGMA user_version = 99');
    raw.close();
    expect(thrownBy(() => openDatabase(folder('escrow.db'))).code).toBe('not-set-up');
    const again = new DatabaseSync(folder('escrow.db'));
    expect(again.prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 });
    again.close();
  });

  it.each([
    [
      'a file that is no database',
      () => writeFileSync(folder('escrow.db'), 'no database at all'.repeat(100)),
    ],
    ['a folder in its place', () => mkdirSync(folder('escrow.db'))],
  ])('says store-unavailable of %s, with the cause', (_, prepare) => {
    prepare();
    const error = thrownBy(() => openDatabase(folder('escrow.db')));
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: 'store-unavailable', retryable: true, cause: expect.any(Error) });
    expect(error.message).not.toContain('escrow.db');
  });

  it('leaves no bytes of what was deleted in the file', () => {
    const marker = 'marked-content-of-a-discarded-record';
    const database = openLockedKeys(folder('locked-keys.db'));
    database
      .prepare(
        "INSERT INTO locked_keys (kind, organization, id, bytes) VALUES ('locked-key', 'acme', 'k', ?)",
      )
      .run(new TextEncoder().encode(marker));
    database.prepare('DELETE FROM locked_keys').run();
    database.close();
    expect(readFileSync(folder('locked-keys.db'), 'latin1')).not.toContain(marker);
  });
});

describe('Database', () => {
  const folder = temporaryFolder();
  const outboxRows = 'SELECT count(*) AS n FROM outbox';
  const insertRow = "INSERT INTO outbox (id, source, type, time, data) VALUES ('i', 's', 't', 'x', '{}')";

  it('keeps all or nothing of a transaction, and throws on what its work throws', () => {
    const database = openDatabase(folder('escrow.db'));
    const insert = database.prepare(insertRow);
    const failing = () =>
      database.transaction(() => {
        insert.run();
        throw new StateError('version-conflict');
      });
    expect(thrownBy(failing).code).toBe('version-conflict');
    expect(database.prepare(outboxRows).get()).toEqual({ n: 0 });
    expect(database.transaction(() => insert.run() + insert.run())).toBe(2);
    expect(database.prepare(outboxRows).get()).toEqual({ n: 2 });
    database.close();
  });

  it('says store-unavailable while another connection holds the write lock, and works afterwards', () => {
    const database = openDatabase(folder('escrow.db'), 1);
    const other = openDatabase(folder('escrow.db'), 1);
    const insert = other.prepare(insertRow);
    database.transaction(() => {
      const attempts = [
        () => insert.run(),
        () => other.transaction(() => insert.run()),
        () => other.relaxed(() => insert.run()),
      ];
      for (const attempt of attempts) {
        expect(thrownBy(attempt)).toMatchObject({ code: 'store-unavailable', cause: { errcode: 5 } });
      }
    });
    expect(insert.run()).toBe(1);
    database.close();
    other.close();
  });

  it('syncs again after relaxed work, whether that went well or not', () => {
    const database = openDatabase(folder('escrow.db'));
    // SQLite reads this value when the statement is prepared.
    const synchronous = () => database.prepare('PRAGMA synchronous').get();
    expect(database.relaxed(synchronous)).toEqual({ synchronous: 1 });
    const failing = () =>
      database.relaxed(() => {
        throw new StateError('version-conflict');
      });
    expect(thrownBy(failing).code).toBe('version-conflict');
    expect(synchronous()).toEqual({ synchronous: 2 });
    database.close();
  });

  it('says store-unavailable once it is closed, of everything', () => {
    const database = openDatabase(folder('escrow.db'));
    const select = database.prepare(outboxRows);
    database.close();
    database.close();
    const uses = [
      () => select.get(),
      () => select.all(),
      () => select.run(),
      () => database.prepare(outboxRows),
      () => database.transaction(() => 0),
      () => database.relaxed(() => 0),
    ];
    for (const use of uses)
      expect(thrownBy(use)).toMatchObject({ code: 'store-unavailable', cause: expect.any(Error) });
  });
});

describe('columns', () => {
  it('are read as the type that the query expects, or not at all', () => {
    const row = { text: 'a', number: 1, bytes: Uint8Array.of(1), nothing: null };
    expect([textOf(row, 'text'), integerOf(row, 'number'), bytesOf(row, 'bytes')]).toEqual([
      'a',
      1,
      Uint8Array.of(1),
    ]);
    for (const read of [textOf, integerOf, bytesOf]) {
      expect(() => read(row, 'nothing')).toThrow(InternalError);
      expect(() => read(row, 'absent')).toThrow(InternalError);
    }
  });
});
