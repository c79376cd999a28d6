import { isTaken, type Subscription } from '#contract/subscriptions.ts';
import type { Clock } from '#ports/clock.ts';
import type { CloudEvent, EventBus } from '#ports/messages.ts';
import type { Database, Statement } from './database.ts';

/** The events that each consumer takes, by its name. */
export type Subscriptions = Readonly<Record<string, Subscription>>;

/**
 * Puts an event into the queue of each consumer that takes it, all in one statement. While an event waits in a
 * queue, a second publication of it (same source and id) adds nothing there; after it was done, it is delivered again.
 */
export class SqliteEventBus implements EventBus {
  readonly #clock: Clock;
  readonly #subscriptions: Subscriptions;
  readonly #insert: Statement;

  constructor(database: Database, clock: Clock, subscriptions: Subscriptions) {
    this.#clock = clock;
    this.#subscriptions = subscriptions;
    this.#insert = database.prepare(`
      INSERT INTO messages (consumer, source, event_id, event, visible_at, enqueued_at)
      SELECT value, ?1, ?2, ?3, ?4, ?4 FROM json_each(?5) WHERE true ON CONFLICT DO NOTHING`);
  }

  async publish(event: CloudEvent): Promise<void> {
    const consumers = Object.entries(this.#subscriptions)
      .filter(([, subscription]) => isTaken(subscription, event))
      .map(([consumer]) => consumer);
    if (consumers.length === 0) return;
    const now = this.#clock.now().getTime();
    this.#insert.run(event.source, event.id, JSON.stringify(event), now, JSON.stringify(consumers));
  }
}
