import { createHash } from 'node:crypto';
import { tables } from '#contract/tables.ts';
import { formatLine } from '#crypto/ledger/line.ts';
import { InternalError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ledger, LedgerEntry } from '#ports/ledger.ts';
import type { DynamoCalls } from './calls.ts';
import { beforeTheFirst, bodyOf, entryIdOf, newWriter, partitionOf, placeOf } from './ledger-chain.ts';
import { Table } from './table.ts';

/** Where a writer's chain of one organization's entries ends. */
interface Chain {
  /** Tells one chain from every other. */
  writer: string;
  /** How many entries it has. */
  length: number;
  /** SHA-256 of the body of its last entry, hex. */
  sha256: string;
  /** When that was recorded, in milliseconds: entries of a writer stay in their order if its clock is set back. */
  time: number;
}

/**
 * Keeps the ledger in Amazon DynamoDB, by putting entries that are not there and nothing else. Many write at the same time, so each
 * writer (each opened instance of this) has a chain of its own for each organization: each entry names the SHA-256 of the one
 * before, so that an entry cannot be altered, left out or slipped in without breaking the chain after it. The last entries of a
 * chain can be cut off unseen, and so can a whole one, until they are sealed (`sealable-log.ts`), which gives all of them one order.
 */
export class DynamoLedger implements Ledger {
  readonly #table: Table;
  readonly #clock: Clock;
  readonly #chains = new Map<string, Chain>();
  /** The last entry of each organization that is being written: the next one waits for it. */
  readonly #turns = new Map<string, Promise<unknown>>();

  /** @param table the name of the table `ledger` */
  constructor(calls: DynamoCalls, table: string, clock: Clock) {
    this.#table = new Table(calls, table, tables.ledger);
    this.#clock = clock;
  }

  /**
   * @returns `led_` and small letters and digits, which tell the place (`entryIdOf`)
   * @throws StoreError `record-too-large` for what no line of the log could hold, besides what the port says
   */
  async record(entry: LedgerEntry): Promise<string> {
    const copy = structuredClone(entry);
    const { organization } = copy;
    const before = this.#turns.get(organization) ?? Promise.resolve();
    const turn = before.then(() => this.#append(copy));
    const settled = turn.catch(() => undefined);
    this.#turns.set(organization, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(organization) === settled) this.#turns.delete(organization);
    }
  }

  async #append(entry: LedgerEntry): Promise<string> {
    const { organization } = entry;
    const chain = this.#chains.get(organization) ?? newChain();
    const time = Math.max(this.#clock.now().getTime(), chain.time);
    const link = {
      writer: chain.writer,
      sequence: chain.length + 1,
      time: new Date(time).toISOString(),
      previousSha256: chain.sha256,
      entry,
    };
    const id = entryIdOf(link);
    // What no line can hold could never be sealed, and would keep all that comes after it from being sealed.
    formatLine({ ...link, sequence: Number.MAX_SAFE_INTEGER, id });
    const body = bodyOf(link);
    const sha256 = createHash('sha256').update(body).digest('hex');
    const record = placeOf(link);
    // Whether an entry stands that failed is not known: what comes after it begins a chain of its own.
    this.#chains.delete(organization);
    const row = { organization: partitionOf(organization), record, body, sha256 };
    const written = await this.#table.put(row, { expression: 'attribute_not_exists(#record)' });
    // At this place nobody but this writer writes: what is there came from a request whose answer was lost.
    if (!written.done && !written.doubtful) throw new InternalError('internal', { cause: 'place taken' });
    this.#chains.set(organization, { writer: chain.writer, length: link.sequence, sha256, time });
    return id;
  }
}

function newChain(): Chain {
  return { writer: newWriter(), length: 0, sha256: beforeTheFirst, time: 0 };
}
