import { newId } from '#crypto/identifiers.ts';
import { beforeTheFirst, formatLine, lineSha256 } from '#crypto/ledger/line.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ledger, LedgerEntry } from '#ports/ledger.ts';
import type { Database, Statement } from './database.ts';
import { integerOf, textOf } from './rows.ts';

/** An entry that waits for the commit of its turn. */
interface Waiting {
  entry: LedgerEntry;
  resolve: (id: string) => void;
  reject: (error: unknown) => void;
}

/**
 * Keeps the ledger in SQLite, a chain of lines for each organization: each line names the SHA-256 of the one before, so that
 * none can be altered, left out or slipped in without breaking the chain after it. Triggers refuse what is not an append.
 *
 * What is recorded in one turn of the event loop is committed together, since each commit waits for the disk: as many as come
 * at once cost one wait. A commit that fails rejects all of them.
 */
export class SqliteLedger implements Ledger {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #head: Statement;
  readonly #insert: Statement;
  #waiting: Waiting[] = [];

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#head = database.prepare(
      'SELECT sequence, sha256 FROM ledger WHERE organization = ? ORDER BY sequence DESC LIMIT 1',
    );
    this.#insert = database.prepare(
      'INSERT INTO ledger (organization, sequence, line, sha256) VALUES (?, ?, ?, ?)',
    );
  }

  /** @returns `led_` and 26 lower-case base32 characters */
  record(entry: LedgerEntry): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    if (this.#waiting.length === 0) setImmediate(() => this.#commit());
    this.#waiting.push({ entry: structuredClone(entry), resolve, reject });
    return promise;
  }

  #commit(): void {
    const turn = this.#waiting;
    this.#waiting = [];
    try {
      const settle = this.#database.transaction(() => turn.map((waiting) => this.#append(waiting)));
      for (const each of settle) each();
    } catch (error) {
      for (const { reject } of turn) reject(error);
    }
  }

  /**
   * Appends one entry within the transaction; one that is no entry, or too long for a line, keeps none of the others out.
   * @returns what is done once the transaction stands
   */
  #append({ entry, resolve, reject }: Waiting): () => void {
    const { organization } = entry;
    const head = this.#head.get(organization);
    const id = newId('led');
    const line = {
      sequence: head === undefined ? 1 : integerOf(head, 'sequence') + 1,
      previousSha256: head === undefined ? beforeTheFirst : textOf(head, 'sha256'),
      time: this.#clock.now().toISOString(),
      ...{ id, entry },
    };
    let text: string;
    try {
      text = formatLine(line);
    } catch (error) {
      return () => reject(error);
    }
    this.#insert.run(organization, line.sequence, text, lineSha256(text));
    return () => resolve(id);
  }
}
