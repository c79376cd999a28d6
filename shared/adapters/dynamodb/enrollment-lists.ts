import { type Enrollment, type EnrollmentState, enrollmentStates } from '#domain/enrollment.ts';
import { type Purpose, purposes } from '#domain/purpose.ts';
import type { EnrollmentCounts, EnrollmentQuery, Page } from '#ports/registry.ts';
import {
  enrollmentKeys,
  hasLeftovers,
  idOf,
  marks,
  recordKey,
  stateKey,
  subscriberKey,
} from './aggregate-row.ts';
import { inOrder, take } from './merge.ts';
import { type Row, textOf } from './rows.ts';
import type { Table } from './table.ts';

const largestPage = 1_000;

/**
 * Finds and counts enrollments. What an index names is read from the table and held against the question once more, so a list
 * shows each record as it stands, and never one that is asked for no longer.
 */
export class EnrollmentLists {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** As `Registry.enrollments`. */
  async page(query: EnrollmentQuery): Promise<Page<Enrollment>> {
    const { organization, limit, cursor, ...filter } = query;
    const most = bounded(limit);
    const named = Object.values(filter).some((each) => each !== undefined);
    if (!named) return await this.#all(organization, most, cursor);
    const keys = inOrder(this.#partitions(query).map((each) => this.#keys(each, most, cursor)));
    return await this.#read(organization, keys, most, (each) => matches(each, query));
  }

  /** As `Registry.leftovers`. */
  async leftovers(organization: string, limit: number, cursor?: string): Promise<Page<Enrollment>> {
    const most = bounded(limit);
    const marked = { index: 'by-mark', partition: marks.leftovers(organization), sortKey: 'markedRecord' };
    return await this.#read(organization, this.#keys(marked, most, cursor), most, hasLeftovers);
  }

  /** As `Registry.counts`. Each state and purpose is counted by itself, all at once. */
  async counts(organization: string): Promise<EnrollmentCounts> {
    const count = async (state: EnrollmentState) => {
      const partitions = purposes.map((purpose) => stateKey(organization, state, purpose));
      const counted = partitions.map((partition) => this.#table.count({ index: 'by-state', partition }));
      return (await Promise.all(counted)).reduce((sum, each) => sum + each, 0);
    };
    const [accepted, awaiting, making, ready, refused, destroyed] = await Promise.all([
      count('accepted'),
      count('awaiting-subscriber'),
      count('making'),
      count('ready'),
      count('refused'),
      count('destroyed'),
    ]);
    return { accepted, 'awaiting-subscriber': awaiting, making, ready, refused, destroyed };
  }

  /** All of an organization's stand together in the table itself. */
  async #all(organization: string, most: number, cursor = ''): Promise<Page<Enrollment>> {
    const sort = { from: recordKey('enrollment', cursor), to: enrollmentKeys.end };
    // One more for the cursor's own, and one that tells whether there is a further page.
    const question = { partition: organization, sort, pageSize: most + 2, attributes: ['record', 'json'] };
    const found: Enrollment[] = [];
    for await (const row of this.#table.rows(question)) {
      if (idOf(textOf(row, 'record')) !== cursor) found.push(enrollmentOf(row));
      if (found.length > most) break;
    }
    return pageOf(found, most);
  }

  #partitions({ organization, subscriberId, states, purpose }: EnrollmentQuery) {
    if (subscriberId !== undefined) {
      return [
        { index: 'by-subscriber', partition: subscriberKey(organization, subscriberId), sortKey: 'record' },
      ];
    }
    const among: readonly Purpose[] = purpose === undefined ? purposes : [purpose];
    return enrollmentStates
      .filter((state) => states === undefined || states.includes(state))
      .flatMap((state) => among.map((each) => stateKey(organization, state, each)))
      .map((partition) => ({ index: 'by-state', partition, sortKey: 'record' }));
  }

  async *#keys(
    { index, partition, sortKey }: { index: string; partition: string; sortKey: string },
    most: number,
    cursor = '',
  ): AsyncGenerator<string> {
    const sort = { after: recordKey('enrollment', cursor) };
    for await (const row of this.#table.rows({ index, partition, sort, pageSize: most + 1 })) {
      yield textOf(row, sortKey);
    }
  }

  async #read(
    organization: string,
    keys: AsyncGenerator<string>,
    most: number,
    wanted: (enrollment: Enrollment) => boolean,
  ): Promise<Page<Enrollment>> {
    const found: Enrollment[] = [];
    while (found.length <= most) {
      const next = await take(keys, most + 1 - found.length);
      if (next.length === 0) break;
      const rows = await this.#table.getMany(organization, next, ['record', 'json']);
      const records = new Map(rows.map((row) => [textOf(row, 'record'), enrollmentOf(row)]));
      found.push(...next.flatMap((key) => records.get(key) ?? []).filter(wanted));
    }
    return pageOf(found, most);
  }
}

function matches(
  { subscriber, state, purpose }: Enrollment,
  query: Pick<EnrollmentQuery, 'subscriberId' | 'states' | 'purpose'>,
): boolean {
  return (
    (query.subscriberId === undefined || subscriber.id === query.subscriberId) &&
    (query.states === undefined || query.states.includes(state)) &&
    (query.purpose === undefined || purpose === query.purpose)
  );
}

/** @param found one more than a page has, where there is a further page */
function pageOf(found: readonly Enrollment[], most: number): Page<Enrollment> {
  const items = found.slice(0, most);
  const last = items.at(-1);
  return found.length > most && last !== undefined ? { items, cursor: last.id } : { items };
}

function bounded(limit: number): number {
  return Math.min(Math.max(Math.trunc(limit), 1), largestPage);
}

function enrollmentOf(row: Row): Enrollment {
  return JSON.parse(textOf(row, 'json'));
}
