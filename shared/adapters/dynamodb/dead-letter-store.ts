import { tables } from '#contract/tables.ts';
import type { Clock } from '#ports/clock.ts';
import type { DeadLetterStore, GivenUp } from '#ports/dead-letter-store.ts';
import type { DynamoCalls } from './calls.ts';
import { firstPositionOf, rowOfLetter } from './dead-letter-rows.ts';
import { positionsFrom } from './positions.ts';
import { Table } from './table.ts';

/** Keeps dead letters in Amazon DynamoDB, a row each; its place follows from the message, so a message has one. */
export class DynamoDeadLetterStore implements DeadLetterStore {
  readonly #table: Table;
  readonly #clock: Clock;

  /** @param table the name of the table `activity` */
  constructor(calls: DynamoCalls, table: string, clock: Clock) {
    this.#table = new Table(calls, table, tables.activity);
    this.#clock = clock;
  }

  async keep(letter: GivenUp): Promise<void> {
    const since = this.#clock.now().toISOString();
    for (const position of positionsFrom(firstPositionOf(letter))) {
      const row = rowOfLetter(letter, position, since);
      const kept = await this.#table.putOwn(row, { expression: 'attribute_not_exists(#record)' });
      if (kept.done || kept.found?.['messageId'] === letter.messageId) return;
    }
  }
}
