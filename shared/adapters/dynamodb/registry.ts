import { tables } from '#contract/tables.ts';
import type { Enrollment, ReplaceCondition } from '#domain/enrollment.ts';
import { StateError, StoreError } from '#domain/errors.ts';
import { purposes } from '#domain/purpose.ts';
import type { Clock } from '#ports/clock.ts';
import type {
  Aggregate,
  Aggregates,
  AggregateType,
  EnrollmentCounts,
  EnrollmentQuery,
  Page,
  Registry,
} from '#ports/registry.ts';
import { aggregateRow, marks, recordKey, stateKey } from './aggregate-row.ts';
import type { DynamoCalls } from './calls.ts';
import { EnrollmentLists } from './enrollment-lists.ts';
import type { Condition } from './expressions.ts';
import { partitionOf } from './ledger-chain.ts';
import { numberOf, textOf } from './rows.ts';
import { type Kept, Table } from './table.ts';

/**
 * Keeps aggregates in Amazon DynamoDB, one record each. A write is one conditional PutItem that carries the events of its
 * version, so state and events stand together or not at all; the table's stream hands them on. Lists and counts go by
 * indexes, which follow a write moments later; `read` is always what was written last.
 */
export class DynamoRegistry implements Registry {
  readonly #table: Table;
  readonly #clock: Clock;
  readonly #lists: EnrollmentLists;

  /**
   * @param table the name of the table `aggregates`
   * @param clock tells the time that events carry
   */
  constructor(calls: DynamoCalls, table: string, clock: Clock) {
    this.#table = new Table(calls, table, tables.aggregates);
    this.#clock = clock;
    this.#lists = new EnrollmentLists(this.#table);
  }

  async create(record: Aggregate): Promise<void> {
    const kept = await this.#put(record, { expression: 'attribute_not_exists(#record)' });
    if (!kept.done) throw refused(kept, record.version, new StateError('already-exists'));
  }

  async read<T extends AggregateType>(
    type: T,
    organization: string,
    id: string,
  ): Promise<Aggregates[T] | undefined> {
    const row = await this.#table.get(partitionOf(organization), recordKey(type, id), ['json']);
    return row === undefined ? undefined : JSON.parse(textOf(row, 'json'));
  }

  async replace(record: Aggregate, condition: ReplaceCondition): Promise<void> {
    const conflict = new StateError('version-conflict');
    if (condition.states?.length === 0) throw conflict;
    const kept = await this.#put(record, conditionOf(condition, record.organization));
    if (!kept.done) throw refused(kept, record.version, conflict);
  }

  async enrollments(query: EnrollmentQuery): Promise<Page<Enrollment>> {
    return await this.#lists.page(query);
  }

  async leftovers(organization: string, limit: number, cursor?: string): Promise<Page<Enrollment>> {
    return await this.#lists.leftovers(organization, limit, cursor);
  }

  async counts(organization: string): Promise<EnrollmentCounts> {
    return await this.#lists.counts(organization);
  }

  async organizations(): Promise<string[]> {
    const names: string[] = [];
    const question = { index: 'by-mark', partition: marks.organizations };
    for await (const row of this.#table.rows(question)) names.push(textOf(row, 'markedRecord'));
    return names;
  }

  #put(record: Aggregate, condition: Condition): Promise<Kept> {
    return this.#table.putOwn(aggregateRow(record, this.#clock.now().toISOString()), condition);
  }
}

/** A record's state stands in the key of the index `by-state`, with its purpose, whichever that is. */
function conditionOf({ version, states }: ReplaceCondition, organization: string): Condition {
  if (states === undefined) return { expression: '#version = :version', values: { version } };
  const keys = states.flatMap((state) => purposes.map((purpose) => stateKey(organization, state, purpose)));
  const named = Object.fromEntries(keys.map((key, index) => [`state${index}`, key]));
  const among = Object.keys(named).map((name) => `:${name}`);
  return {
    expression: `#version = :version AND #stateKey IN (${among.join(', ')})`,
    values: { version, ...named },
  };
}

/**
 * Why a write was refused. Where an answer was lost and the record has moved on since, nobody can tell whether this write
 * stood in between.
 */
function refused(
  { found, doubtful }: Extract<Kept, { done: false }>,
  version: number,
  conflict: StateError,
): StateError | StoreError {
  const passed = doubtful && found !== undefined && numberOf(found, 'version') > version;
  return passed ? new StoreError('store-unavailable') : conflict;
}
