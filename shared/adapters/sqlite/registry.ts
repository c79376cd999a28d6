import type { Enrollment, ReplaceCondition } from '#domain/enrollment.ts';
import { StateError } from '#domain/errors.ts';
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
import { News } from '../news.ts';
import type { Database, Statement } from './database.ts';
import { EnrollmentQueries } from './enrollment-queries.ts';
import { textOf } from './rows.ts';

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
  readonly #queries: EnrollmentQueries;
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
    this.#queries = new EnrollmentQueries(database);
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
    return this.#queries.page(query);
  }

  async leftovers(organization: string, limit: number, cursor?: string): Promise<Page<Enrollment>> {
    return this.#queries.leftovers(organization, limit, cursor);
  }

  async counts(organization: string): Promise<EnrollmentCounts> {
    return this.#queries.counts(organization);
  }

  async organizations(): Promise<string[]> {
    return this.#organizations.all().map((row) => textOf(row, 'organization'));
  }

  #announce({ organization, events }: Aggregate): void {
    if (events.length > 0) this.#news.announce(organization);
  }
}

function columnsOf(record: Aggregate): { state: string | null; subscriberId: string | null } {
  if (record.type === 'enrollment') return { state: record.state, subscriberId: record.subscriber.id };
  return { state: null, subscriberId: null };
}
