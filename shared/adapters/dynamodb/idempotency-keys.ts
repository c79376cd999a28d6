import { createHash } from 'node:crypto';
import { tables } from '#contract/tables.ts';
import { StoreError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { Claim, IdempotencyKeys } from '#ports/idempotency-keys.ts';
import type { DynamoCalls } from './calls.ts';
import { numberOf, textOf } from './rows.ts';
import { Table } from './table.ts';

/** How often a claim that ends while it is looked at is begun again. */
const mostTries = 3;

/**
 * Keeps claims in Amazon DynamoDB, each a row of the table `activity` that is never changed. The table forgets ended ones by
 * itself, days after their end at the latest; until then their end is told by their time.
 */
export class DynamoIdempotencyKeys implements IdempotencyKeys {
  readonly #table: Table;
  readonly #clock: Clock;

  /** @param table the name of the table `activity` */
  constructor(calls: DynamoCalls, table: string, clock: Clock) {
    this.#table = new Table(calls, table, tables.activity);
    this.#clock = clock;
  }

  async claim(organization: string, id: string, fingerprint: string, until: Date): Promise<Claim> {
    const end = until.getTime();
    const place = { collection: `claims#${organization}`, record: recordOf(id) };
    const row = { ...place, fingerprint, until: end, expires: Math.ceil(end / 1_000) };
    for (let tries = 0; tries < mostTries; tries++) {
      const kept = await this.#table.putOwn(row, {
        expression: 'attribute_not_exists(#record) OR #until <= :now',
        values: { now: this.#clock.now().getTime() },
      });
      if (kept.done) return 'new';
      const { found } = kept;
      if (found !== undefined && numberOf(found, 'until') > this.#clock.now().getTime()) {
        return textOf(found, 'fingerprint') === fingerprint ? 'same' : 'other';
      }
    }
    throw new StoreError('store-unavailable');
  }
}

/** An id can be longer than a sort key, which has 1,024 bytes at most. */
function recordOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}
