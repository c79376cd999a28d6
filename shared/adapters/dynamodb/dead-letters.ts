import { tables } from '#contract/tables.ts';
import { StoreError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { CloudEvent, DeadLetter } from '#ports/messages.ts';
import type { Backlog, OrganizationQueues } from '#ports/organization-queues.ts';
import type { EnrollmentCounts, Page, Registry } from '#ports/registry.ts';
import type { DynamoCalls } from './calls.ts';
import { deadLettersOf, letterOf } from './dead-letter-rows.ts';
import { positionIn } from './positions.ts';
import { type Row, textOf } from './rows.ts';
import { Table } from './table.ts';

/** How long whoever puts a letter back has it for himself, in milliseconds. */
const leaseMilliseconds = 60_000;
/** How many enrollments are looked at for the oldest that waits. */
const lookedAt = 100;

/** Sends an event to one consumer alone. */
export interface ConsumerSender {
  /** @throws StoreError `store-unavailable`; it may be repeated: the consumer sees the same id */
  send(consumer: string, event: CloudEvent): Promise<void>;
}

/** What an organization's queues are seen through: the letters' own table, the registry, and the queues to send to. */
export interface DeadLetterParts {
  calls: DynamoCalls;
  /** The name of the table `activity`. */
  table: string;
  clock: Clock;
  registry: Pick<Registry, 'counts' | 'enrollments'>;
  /** Absent for a function that may put none back. */
  sender?: ConsumerSender;
}

/**
 * An organization's view of its messages on AWS. Those that were given up stand in the table; SQS cannot say which messages are
 * whose, so what waits is told by the enrollments.
 */
export class DynamoOrganizationQueues implements OrganizationQueues {
  readonly #table: Table;
  readonly #parts: DeadLetterParts;

  constructor(parts: DeadLetterParts) {
    this.#table = new Table(parts.calls, parts.table, tables.activity);
    this.#parts = parts;
  }

  async deadLettersOf(organization: string, limit: number, cursor?: string): Promise<Page<DeadLetter>> {
    const partition = deadLettersOf(organization);
    const after = cursor === undefined ? {} : { sort: { after: positionIn(cursor) } };
    const items: DeadLetter[] = [];
    // One more than asked for tells whether there is a further page.
    for await (const row of this.#table.rows({ partition, ...after, pageSize: limit + 1 })) {
      if (items.length === limit) return { items, ...cursorAt(items) };
      items.push(letterOf(row));
    }
    return { items };
  }

  async countDeadLetters(organization: string): Promise<number> {
    return await this.#table.count({ partition: deadLettersOf(organization) });
  }

  async redriveOf(organization: string, id: string, before?: () => Promise<unknown>): Promise<void> {
    const { sender } = this.#parts;
    if (sender === undefined) {
      throw new StoreError('store-misconfigured', { why: 'this function is given no queues to send to' });
    }
    const { row, until } = await this.#lease(organization, id);
    const { consumer, event } = letterOf(row);
    // Whoever was frozen meanwhile finds it in another's hands, gone, or given up again.
    const isStillTaken = { expression: '#redriven = :until', values: { until } };
    try {
      await before?.();
      await sender.send(consumer, event);
    } catch (error) {
      await this.#table.put(row, isStillTaken).catch(() => undefined);
      throw error;
    }
    // A crash before this leaves the letter, to be put back once more: its consumer takes the same event twice.
    await this.#table.remove(textOf(row, 'collection'), id, isStillTaken);
  }

  async backlog(organization: string, counts?: EnrollmentCounts): Promise<Backlog> {
    const { registry } = this.#parts;
    const { accepted, making } = counts ?? (await registry.counts(organization));
    const waiting = accepted + making;
    if (waiting === 0) return { waiting };
    const states = ['accepted', 'making'] as const;
    const { items } = await registry.enrollments({ organization, states, limit: lookedAt });
    const times = items.map(({ requestedAt }) => Date.parse(requestedAt));
    return { waiting, ...(times.length > 0 && { oldestSince: new Date(Math.min(...times)) }) };
  }

  /**
   * Takes a letter, so that of several at once one puts it back.
   * @returns the letter as it was, and until when it is taken, by which it is known that it still is
   * @throws StoreError `object-missing` if there is none, or somebody is putting it back
   */
  async #lease(organization: string, id: string): Promise<{ row: Row; until: number }> {
    const partition = deadLettersOf(organization);
    const row = /^\d{15}$/.test(id) ? await this.#table.get(partition, id) : undefined;
    if (row === undefined) throw new StoreError('object-missing');
    const now = this.#parts.clock.now().getTime();
    const until = now + leaseMilliseconds;
    const taken = await this.#table.putOwn(
      { ...row, redriven: until },
      {
        expression: 'attribute_exists(#record) AND (attribute_not_exists(#redriven) OR #redriven <= :now)',
        values: { now },
      },
    );
    if (!taken.done) throw new StoreError('object-missing');
    return { row, until };
  }
}

function cursorAt(items: readonly DeadLetter[]): { cursor?: string } {
  const last = items.at(-1);
  return last === undefined ? {} : { cursor: last.id };
}
