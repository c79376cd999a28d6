import type { Enrollment, ReplaceCondition } from '#domain/enrollment.ts';
import { StateError } from '#domain/errors.ts';
import { eventsBorneBy } from '#ports/borne-events.ts';
import type { Clock } from '#ports/clock.ts';
import type { CloudEvent, Outbox } from '#ports/messages.ts';
import type {
  Aggregate,
  Aggregates,
  AggregateType,
  EnrollmentCounts,
  EnrollmentQuery,
  Page,
  Registry,
} from '#ports/registry.ts';
import { ManualClock } from './clock.ts';
import { MemoryEventFeed } from './memory-event-feed.ts';

const keptMilliseconds = 7 * 24 * 3_600_000;

/** Collects what written aggregates carry; what was published stays in its feed for seven days. */
export class MemoryOutbox implements Outbox {
  readonly feed = new MemoryEventFeed();
  readonly #clock: Clock;
  #position = 0;
  #published = 0;
  #events: { position: number; event: CloudEvent }[] = [];

  constructor(clock: Clock = new ManualClock()) {
    this.#clock = clock;
  }

  async pending(limit: number): Promise<{ position: number; event: CloudEvent }[]> {
    return structuredClone(this.#events.slice(0, limit));
  }

  async published(position: number): Promise<void> {
    this.#events = this.#events.filter((each) => each.position > position);
    const before = new Date(this.#clock.now().getTime() - keptMilliseconds).toISOString();
    this.#published = Math.max(this.#published, position);
    this.feed.prune(this.#published, before);
  }

  /** Takes the events of a record that was just written. */
  collect(record: Aggregate, time: string): void {
    for (const event of eventsBorneBy(structuredClone(record), time)) {
      this.#position += 1;
      this.#events.push({ position: this.#position, event });
      this.feed.append(this.#position, event);
    }
  }
}

/** A registry in memory; what it takes and gives are copies. */
export class MemoryRegistry implements Registry {
  readonly #clock: Clock;
  readonly #outbox: MemoryOutbox;
  readonly #records = new Map<string, string>();

  constructor(clock: Clock, outbox = new MemoryOutbox()) {
    this.#clock = clock;
    this.#outbox = outbox;
  }

  async create(record: Aggregate): Promise<void> {
    if (this.#records.has(keyOf(record))) throw new StateError('already-exists');
    this.#write(record);
  }

  async read<T extends AggregateType>(
    type: T,
    organization: string,
    id: string,
  ): Promise<Aggregates[T] | undefined> {
    const text = this.#records.get(keyOf({ type, organization, id }));
    return text === undefined ? undefined : JSON.parse(text);
  }

  async replace(record: Aggregate, condition: ReplaceCondition): Promise<void> {
    const text = this.#records.get(keyOf(record));
    const present: Aggregate | undefined = text === undefined ? undefined : JSON.parse(text);
    if (present === undefined || !meets(present, condition)) throw new StateError('version-conflict');
    this.#write(record);
  }

  async enrollments(query: EnrollmentQuery): Promise<Page<Enrollment>> {
    const { organization, subscriberId, states, purpose, limit, cursor } = query;
    const found = this.#enrollmentsOf(organization)
      .filter((record) => subscriberId === undefined || record.subscriber.id === subscriberId)
      .filter((record) => states === undefined || states.includes(record.state))
      .filter((record) => purpose === undefined || record.purpose === purpose);
    return pageOf(found, limit, cursor);
  }

  async leftovers(organization: string, limit: number, cursor?: string): Promise<Page<Enrollment>> {
    const found = this.#enrollmentsOf(organization).filter(
      ({ pendingLock, superseded, escrowing }) =>
        pendingLock !== undefined || superseded !== undefined || escrowing !== undefined,
    );
    return pageOf(found, limit, cursor);
  }

  async organizations(): Promise<string[]> {
    return [...this.#records.values()]
      .map((text): Aggregate => JSON.parse(text))
      .filter(({ type }) => type === 'organization')
      .map(({ organization }) => organization)
      .sort();
  }

  async counts(organization: string): Promise<EnrollmentCounts> {
    const counts = { accepted: 0, 'awaiting-subscriber': 0, making: 0, ready: 0, refused: 0, destroyed: 0 };
    for (const { state } of this.#enrollmentsOf(organization)) counts[state] += 1;
    return counts;
  }

  #enrollmentsOf(organization: string): Enrollment[] {
    return [...this.#records.values()]
      .map((text): Aggregate => JSON.parse(text))
      .filter((record) => record.type === 'enrollment')
      .filter((record) => record.organization === organization);
  }

  #write(record: Aggregate): void {
    this.#records.set(keyOf(record), JSON.stringify(record));
    this.#outbox.collect(record, this.#clock.now().toISOString());
  }
}

function pageOf(found: readonly Enrollment[], limit: number, cursor = ''): Page<Enrollment> {
  const sorted = found.filter(({ id }) => id > cursor).sort((one, other) => (one.id < other.id ? -1 : 1));
  const items = sorted.slice(0, limit);
  const last = items.at(-1);
  return sorted.length > limit && last !== undefined ? { items, cursor: last.id } : { items };
}

function meets(present: Aggregate, { version, states }: ReplaceCondition): boolean {
  if (present.version !== version) return false;
  return states === undefined || (present.type === 'enrollment' && states.includes(present.state));
}

function keyOf({ type, organization, id }: { type: string; organization: string; id: string }): string {
  return JSON.stringify([organization, type, id]);
}
