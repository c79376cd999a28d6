import { eventSource } from '#contract/events.ts';
import { type EventName, type Subscription, subscriptions } from '#contract/subscriptions.ts';
import { type Delivery, Dispatcher, type DispatcherParts, type Handlers } from '#local/dispatcher.ts';
import type { Clock } from '#ports/clock.ts';
import type { CloudEvent, MessageQueues } from '#ports/messages.ts';
import { MemoryEventBus, MemoryMessageQueues } from '#test/doubles/memory-messages.ts';
import { MemoryOutbox } from '#test/doubles/memory-registry.ts';

export function event(type: EventName, id = 'event-1'): CloudEvent {
  return {
    specversion: '1.0',
    id,
    source: eventSource('acme'),
    type,
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data: { enrollmentId: 'enr_1', purpose: 'encryption' },
  };
}

/** Who takes which events in most tests: every event would be noted twice if all went to webhooks too. */
export const { 'fan-out-webhooks': _, ...fewSubscriptions } = subscriptions;

export interface Dispatching<Q extends MessageQueues> {
  dispatcher: Dispatcher;
  bus: MemoryEventBus;
  queues: Q;
  outbox: MemoryOutbox;
  /** What handlers were handed, as in `make-encryption-key-pair EnrollmentAccepted event-1`. */
  handled: string[];
  deliveries: Delivery[];
}

/** A dispatcher over queues in memory, with handlers that note what they are handed. */
export function dispatching<Q extends MessageQueues>(
  clock: Clock,
  queuesOver: (memory: MemoryMessageQueues) => Q,
  { handlers = {}, subscribed = fewSubscriptions, ...parts }: Changes = {},
): Dispatching<Q> {
  const memory = new MemoryMessageQueues(clock);
  const bus = new MemoryEventBus(memory, subscribed);
  const queues = queuesOver(memory);
  const outbox = new MemoryOutbox();
  const handled: string[] = [];
  const deliveries: Delivery[] = [];
  const noting =
    (consumer: string) =>
    async ({ type, id }: CloudEvent) => {
      handled.push(`${consumer} ${type} ${id}`);
    };
  const dispatcher = new Dispatcher({
    outbox,
    bus,
    queues,
    clock,
    onDelivery: (delivery) => deliveries.push(delivery),
    handlers: {
      'request-enrollment': noting('request-enrollment'),
      'make-identity-key-pair': noting('make-identity-key-pair'),
      'make-encryption-key-pair': noting('make-encryption-key-pair'),
      'notify-subscriber': noting('notify-subscriber'),
      'discard-superseded': noting('discard-superseded'),
      'fan-out-webhooks': noting('fan-out-webhooks'),
      'deliver-webhook': noting('deliver-webhook'),
      'check-backups': noting('check-backups'),
      'check-canaries': noting('check-canaries'),
      'apply-policy': noting('apply-policy'),
      ...handlers,
    },
    ...parts,
  });
  return { dispatcher, bus, queues, outbox, handled, deliveries };
}

type Changes = Partial<Omit<DispatcherParts, 'handlers'>> & {
  handlers?: Partial<Handlers>;
  subscribed?: Readonly<Record<string, Subscription>>;
};
