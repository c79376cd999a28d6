import type { Enrollment, EnrollmentState, ReplaceCondition } from '#domain/enrollment.ts';
import { StateError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type {
  Aggregate,
  Aggregates,
  AggregateType,
  EnrollmentQuery,
  Page,
  Registry,
} from '#ports/registry.ts';
import { News } from '../news.ts';
import type { Database, Statement } from './database.ts';
import { type Row, textOf } from './rows.ts';

const largestPage = 1_000;

/**
 * Keeps aggregates in SQLite. Each write is one statement, with its condition in it; a trigger of the table copies the
 * events that the record carries into the outbox (`schema.ts`), so state and events stand together or not at all.
 */
export class SqliteRegistry implements Registry {
  readonly #clock: Clock;
  readonly #news: News;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #select: Statement;
  readonly #all: Statement;
  readonly #ofState: Statement;
  readonly #ofSubscriber: Statement;
  readonly #organizations: Statement;

  /**
   * @param clock tells the time that events carry
   * @param news is told of each write that bore events
   */
  constructor(database: Database, clock: Clock, news = new News()) {
    this.#clock = clock;
    this.#news = news;
    this.#insert = database.prepare(`
      INSERT INTO aggregates (organization, type, id, version, state, subscriber_id, record, written_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
    this.#update = database.prepare(`
      UPDATE aggregates SET version = ?, state = ?, subscriber_id = ?, record = ?, written_at = ?
      WHERE organization = ? AND type = ? AND id = ? AND version = ?
        AND (?10 IS NULL OR state IN (SELECT value FROM json_each(?10)))`);
    this.#select = database.prepare(
      'SELECT record FROM aggregates WHERE organization = ? AND type = ? AND id = ?',
    );
    const page = (condition: string) =>
      database.prepare(`
        SELECT id, record FROM aggregates
        WHERE organization = ? AND type = 'enrollment' AND id > ? ${condition} ORDER BY id LIMIT ?`);
    this.#all = page('');
    this.#ofState = page('AND state = ?');
    this.#ofSubscriber = page(
      'AND subscriber_id = ? AND (?4 IS NULL OR state IN (SELECT value FROM json_each(?4)))',
    );
    // From one organization to the next by the primary key: costs their number, not that of their enrollments.
    this.#organizations = database.prepare(`
      WITH RECURSIVE each (organization) AS (
        SELECT min(organization) FROM aggregates
        UNION ALL
        SELECT (SELECT min(organization) FROM aggregates WHERE organization > each.organization)
        FROM each WHERE each.organization IS NOT NULL)
      SELECT organization FROM each WHERE EXISTS (
        SELECT 1 FROM aggregates AS record
        WHERE record.organization = each.organization AND type = 'organization')`);
  }

  async create(record: Aggregate): Promise<void> {
    const { organization, type, id, version } = record;
    const { state, subscriberId } = columnsOf(record);
    const written = this.#insert.run(
      organization,
      type,
      id,
      version,
      state,
      subscriberId,
      JSON.stringify(record),
      this.#clock.now().toISOString(),
    );
    if (written === 0) throw new StateError('already-exists');
    this.#announce(record);
  }

  async read<T extends AggregateType>(
    type: T,
    organization: string,
    id: string,
  ): Promise<Aggregates[T] | undefined> {
    const row = this.#select.get(organization, type, id);
    return row === undefined ? undefined : JSON.parse(textOf(row, 'record'));
  }

  async replace(record: Aggregate, condition: ReplaceCondition): Promise<void> {
    const { state, subscriberId } = columnsOf(record);
    const written = this.#update.run(
      record.version,
      state,
      subscriberId,
      JSON.stringify(record),
      this.#clock.now().toISOString(),
      record.organization,
      record.type,
      record.id,
      condition.version,
      condition.states === undefined ? null : JSON.stringify(condition.states),
    );
    if (written === 0) throw new StateError('version-conflict');
    this.#announce(record);
  }

  async enrollments(query: EnrollmentQuery): Promise<Page<Enrollment>> {
    const limit = Math.min(Math.max(Math.trunc(query.limit), 1), largestPage);
    // One more than asked for tells whether there is a further page.
    const found = this.#find(query, query.cursor ?? '', limit + 1).map(enrollmentOf);
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return found.length > limit && last !== undefined ? { items, cursor: last.id } : { items };
  }

  async organizations(): Promise<string[]> {
    return this.#organizations.all().map((row) => textOf(row, 'organization'));
  }

  #announce({ organization, events }: Aggregate): void {
    if (events.length > 0) this.#news.announce(organization);
  }

  #find({ organization, subscriberId, states }: EnrollmentQuery, after: string, limit: number): Row[] {
    if (subscriberId !== undefined) {
      const among = states === undefined ? null : JSON.stringify(states);
      return this.#ofSubscriber.all(organization, after, subscriberId, among, limit);
    }
    if (states === undefined) return this.#all.all(organization, after, limit);
    return this.#findByState(organization, states, after, limit);
  }

  // State by state, each in the order of its index, so that a rare state costs no walk over the others.
  #findByState(
    organization: string,
    states: readonly EnrollmentState[],
    after: string,
    limit: number,
  ): Row[] {
    const rows = [...new Set(states)].flatMap((state) =>
      this.#ofState.all(organization, after, state, limit),
    );
    return rows
      .map((row) => ({ row, id: textOf(row, 'id') }))
      .sort((one, other) => (one.id < other.id ? -1 : 1))
      .map(({ row }) => row)
      .slice(0, limit);
  }
}

function columnsOf(record: Aggregate): { state: string | null; subscriberId: string | null } {
  if (record.type === 'enrollment') return { state: record.state, subscriberId: record.subscriber.id };
  return { state: null, subscriberId: null };
}

function enrollmentOf(row: Row): Enrollment {
  return JSON.parse(textOf(row, 'record'));
}
