import { type Enrollment, type EnrollmentState, enrollmentStates } from '#domain/enrollment.ts';
import { purposes } from '#domain/purpose.ts';
import type { EnrollmentCounts, EnrollmentQuery, Page } from '#ports/registry.ts';
import type { Database, Statement } from './database.ts';
import { integerOf, type Row, textOf } from './rows.ts';

const largestPage = 1_000;

const page = (condition: string) => `
  SELECT id, record FROM aggregates
  WHERE organization = ? AND type = 'enrollment' AND id > ? ${condition} ORDER BY id LIMIT ?`;

/**
 * Each walks one index in the order of ids and reads no more rows than it gives, but for a subscriber's, which reads that
 * one subscriber's. Those of a state and purpose are found in the index alone: of several such lists, most ids are passed over.
 */
export const enrollmentSql = {
  all: page(''),
  ofPurpose: page('AND purpose = ?'),
  ofStateAndPurpose: `
    SELECT rowid AS position, id FROM aggregates
    WHERE organization = ? AND type = 'enrollment' AND id > ? AND state = ? AND purpose = ? ORDER BY id LIMIT ?`,
  atPosition: 'SELECT id, record FROM aggregates WHERE rowid = ?',
  ofSubscriber: page(`AND subscriber_id = ?
    AND (?4 IS NULL OR state IN (SELECT value FROM json_each(?4))) AND (?5 IS NULL OR purpose = ?5)`),
  leftovers: page('AND leftovers = 1'),
  counts: `
    SELECT state, count(*) AS count FROM aggregates WHERE organization = ? AND type = 'enrollment'
    GROUP BY state`,
} as const;

/** Finds and counts the enrollments that the table `aggregates` holds. Errors are the registry's. */
export class EnrollmentQueries {
  readonly #statements: Readonly<Record<keyof typeof enrollmentSql, Statement>>;

  constructor(database: Database) {
    this.#statements = {
      all: database.prepare(enrollmentSql.all),
      ofPurpose: database.prepare(enrollmentSql.ofPurpose),
      ofStateAndPurpose: database.prepare(enrollmentSql.ofStateAndPurpose),
      atPosition: database.prepare(enrollmentSql.atPosition),
      ofSubscriber: database.prepare(enrollmentSql.ofSubscriber),
      leftovers: database.prepare(enrollmentSql.leftovers),
      counts: database.prepare(enrollmentSql.counts),
    };
  }

  /** As `Registry.enrollments`. */
  page(query: EnrollmentQuery): Page<Enrollment> {
    return pageOf(query.limit, (most) => this.#find(query, query.cursor ?? '', most));
  }

  /** As `Registry.leftovers`. */
  leftovers(organization: string, limit: number, cursor = ''): Page<Enrollment> {
    return pageOf(limit, (most) => this.#statements.leftovers.all(organization, cursor, most));
  }

  /** As `Registry.counts`. */
  counts(organization: string): EnrollmentCounts {
    const rows = this.#statements.counts.all(organization);
    const found = new Map(rows.map((row) => [textOf(row, 'state'), integerOf(row, 'count')]));
    const count = (state: EnrollmentState) => found.get(state) ?? 0;
    return {
      accepted: count('accepted'),
      'awaiting-subscriber': count('awaiting-subscriber'),
      making: count('making'),
      ready: count('ready'),
      refused: count('refused'),
      destroyed: count('destroyed'),
    };
  }

  #find(query: EnrollmentQuery, after: string, limit: number): Row[] {
    const { organization, subscriberId, states, purpose } = query;
    if (subscriberId !== undefined) {
      const among = states === undefined ? null : JSON.stringify(states);
      const { ofSubscriber } = this.#statements;
      return ofSubscriber.all(organization, after, subscriberId, among, purpose ?? null, limit);
    }
    if (states !== undefined) return this.#findByStates(query, states, after, limit);
    if (purpose === undefined) return this.#statements.all.all(organization, after, limit);
    return this.#statements.ofPurpose.all(organization, after, purpose, limit);
  }

  // One state and purpose after the other, each in the order of its index, so that a rare one costs no walk over the others.
  #findByStates(
    { organization, purpose }: EnrollmentQuery,
    states: readonly EnrollmentState[],
    after: string,
    limit: number,
  ): Row[] {
    const wanted = enrollmentStates.filter((state) => states.includes(state));
    const among = purpose === undefined ? purposes : [purpose];
    return wanted
      .flatMap((state) => among.map((each) => ({ state, purpose: each })))
      .flatMap((each) =>
        this.#statements.ofStateAndPurpose.all(organization, after, each.state, each.purpose, limit),
      )
      .map((row) => ({ position: integerOf(row, 'position'), id: textOf(row, 'id') }))
      .sort((one, other) => (one.id < other.id ? -1 : 1))
      .slice(0, limit)
      .map(({ position }) => this.#statements.atPosition.get(position))
      .filter((row) => row !== undefined);
  }
}

function pageOf(limit: number, find: (most: number) => Row[]): Page<Enrollment> {
  const bounded = Math.min(Math.max(Math.trunc(limit), 1), largestPage);
  // One more than asked for tells whether there is a further page.
  const found = find(bounded + 1).map(enrollmentOf);
  const items = found.slice(0, bounded);
  const last = items.at(-1);
  return found.length > bounded && last !== undefined ? { items, cursor: last.id } : { items };
}

function enrollmentOf(row: Row): Enrollment {
  return JSON.parse(textOf(row, 'record'));
}
