import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SetUpError } from '#domain/errors.ts';
import { moveLedgerOfBefore } from './ledger-of-before.ts';
import type { Row } from './rows.ts';
import { lockedKeysSchema, mainSchema, type Schema } from './schema.ts';
import { asStoreError } from './store-error.ts';

/** How long a statement waits for another process's lock before it fails, in milliseconds. */
const defaultBusyTimeout = 5_000;

/** A prepared statement whose failures are StoreError `store-unavailable`. */
export class Statement {
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
  }

  /** Runs it. @returns how many rows it changed itself, not counting those that triggers changed */
  run(...values: SQLInputValue[]): number {
    return attempt(() => Number(this.#statement.run(...values).changes));
  }

  /** The first row, if there is one. */
  get(...values: SQLInputValue[]): Row | undefined {
    return attempt(() => this.#statement.get(...values));
  }

  /** Every row. */
  all(...values: SQLInputValue[]): Row[] {
    return attempt(() => this.#statement.all(...values));
  }
}

/**
 * An open SQLite file. A statement outside a transaction is one of its own, and durable when it returns: the
 * write-ahead log is synced at each commit (`synchronous=FULL`). The file is not mapped into memory (`mmap_size` stays 0), though
 * lists of a large one would be read in an eighth less time: what a disk fails to read fails a statement, and of a mapped file it
 * ends the process.
 */
export class Database {
  readonly #connection: DatabaseSync;

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  /**
   * Prepares a statement, to be kept as long as the database is open.
   * @throws StoreError `store-unavailable`
   */
  prepare(sql: string): Statement {
    return new Statement(attempt(() => this.#connection.prepare(sql)));
  }

  /**
   * Runs statements as one: all stand when it returns, none if it throws. The write lock is taken at the start, so what
   * is read within cannot change before it is written.
   * @param work synchronous, so that nothing else of this process comes between
   * @throws StoreError `store-unavailable`, and what `work` throws
   */
  transaction<T>(work: () => T): T {
    attempt(() => this.#connection.exec('BEGIN IMMEDIATE'));
    try {
      const result = work();
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk has rolled back already.
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      throw asStoreError(error);
    }
  }

  /**
   * Runs statements whose loss in a power cut does no harm (a message is then delivered again), without waiting for the
   * disk. They survive the end of the process, and are never there in part.
   */
  relaxed<T>(work: () => T): T {
    attempt(() => this.#connection.exec('PRAGMA synchronous = NORMAL'));
    try {
      return work();
    } finally {
      attempt(() => this.#connection.exec('PRAGMA synchronous = FULL'));
    }
  }

  /**
   * Empties the write-ahead log into the file, so that no earlier content of what was deleted is left in it. A reader of another
   * process that holds the log back does so until the next time.
   * @throws StoreError `store-unavailable`
   */
  emptyLog(): void {
    attempt(() => this.#connection.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
  }

  /** Closes the file; every statement fails from then on. Closing again does nothing. */
  close(): void {
    if (this.#connection.isOpen) attempt(() => this.#connection.close());
  }
}

/**
 * Opens the database of a data folder: registry, outbox, queues, documents, ledger, vault metadata.
 * @param file made with mode 0600 if it is not there, its folder with 0700
 * @param busyTimeout milliseconds to wait for another process's lock
 * @throws SetUpError `not-set-up` if a later version of this software wrote it
 * @throws StoreError `store-unavailable`
 */
export function openDatabase(file: string, busyTimeout = defaultBusyTimeout): Database {
  return open(file, mainSchema, busyTimeout, (connection) =>
    moveLedgerOfBefore(connection, new Date().toISOString()),
  );
}

/** Opens the file that holds the locked keys and nothing else. Parameters and errors as for `openDatabase`. */
export function openLockedKeys(file: string, busyTimeout = defaultBusyTimeout): Database {
  return open(file, lockedKeysSchema, busyTimeout);
}

function open(
  file: string,
  schema: Schema,
  timeout: number,
  moveContent: (connection: DatabaseSync) => void = () => {},
): Database {
  return attempt(() => {
    makePrivateFile(file);
    const connection = new DatabaseSync(file, { timeout });
    try {
      // What is deleted is overwritten, so that a discarded record leaves no bytes in free pages.
      connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
      migrate(connection, schema);
      moveContent(connection);
      return new Database(connection);
    } catch (error) {
      connection.close();
      throw error;
    }
  });
}

/**
 * Makes an empty file that only its owner may read; SQLite gives its log files the same mode. An existing one is
 * never opened here: closing it would drop the locks that this process holds on it (POSIX `fcntl`).
 * @param file its folder is made with mode 0700 if it is not there
 */
export function makePrivateFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (existsSync(file)) chmodSync(file, 0o600);
  else closeSync(openSync(file, 'a', 0o600));
}

function migrate(connection: DatabaseSync, schema: Schema): void {
  if (schemaVersion(connection) === schema.length) return;
  connection.exec('BEGIN IMMEDIATE');
  // Read again under the lock: another process may have been faster.
  const version = schemaVersion(connection);
  if (version > schema.length) {
    throw new SetUpError('not-set-up', {
      why: 'The data folder was written by a later version of this software.',
      next: 'Run that version, or name another folder.',
    });
  }
  for (const step of schema.slice(version)) connection.exec(step);
  connection.exec(`PRAGMA user_version = ${schema.length}; COMMIT`);
}

function schemaVersion(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.['user_version']);
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asStoreError(error);
  }
}
