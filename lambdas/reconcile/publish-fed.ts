import * as v from 'valibot';
import { moment } from '#contract/api/fields.ts';
import { parse } from '#contract/parse.ts';
import { InputError, StoreError } from '#domain/errors.ts';
import type { EventPublisher } from '#ports/messages.ts';
import type { Registry } from '#ports/registry.ts';
import type { UnpublishedEvents } from '#ports/unpublished-events.ts';

/** A span of time: from its beginning, up to its end. */
export interface Span {
  from: Date;
  to: Date;
}

export interface FedParts {
  registry: Pick<Registry, 'organizations'>;
  unpublished: Pick<UnpublishedEvents, 'fed'>;
  bus: EventPublisher;
}

const orderSchema = v.object({ publishAgain: v.strictObject({ from: moment, to: moment }) });

/**
 * Reads what the operator wants published again, as `{"publishAgain": {"from": TIME, "to": TIME}}`.
 * @param event that the function was set to work with
 * @returns undefined if that is no such order, but the clock
 * @throws InputError `invalid-input` for an order that cannot be read, or of no span
 */
export function orderedSpan(event: unknown): Span | undefined {
  if (typeof event !== 'object' || event === null || !('publishAgain' in event)) return undefined;
  const { publishAgain: order } = parse(orderSchema, event);
  const span = { from: new Date(order.from), to: new Date(order.to) };
  if (span.from < span.to) return span;
  const why = 'is not later than from';
  throw new InputError('invalid-input', { field: 'publishAgain.to', why, next: 'Name the end of the span.' });
}

/**
 * Publishes the events of a span once more, of every organization: those that the feed holds, whether or not consumers had them. For
 * an operator, where the bus took none for longer than the stream keeps them: nothing else knows what of the feed was not published.
 * Consumers take what they had before without harm; webhooks are sent it once more, under the same ids.
 * @param hasTime whether there is time left to begin something more
 * @returns how many were published
 * @throws StoreError `store-unavailable` if the bus or the feed fails, or time is up: what was published is not known then, and all may
 *   be published again
 */
export async function publishFed(
  { registry, unpublished, bus }: FedParts,
  { from, to }: Span,
  hasTime: () => boolean,
): Promise<number> {
  let published = 0;
  for (const organization of await registry.organizations()) {
    for await (const events of unpublished.fed(organization, from, to)) {
      if (!hasTime())
        throw new StoreError('store-unavailable', { why: 'there was no time for the whole span' });
      const failures = await bus.publishAll(events);
      // What can never be published keeps nothing else from it.
      const failure = failures.find(({ never }) => !never);
      if (failure !== undefined) throw failure.error;
      published += events.length - failures.length;
    }
  }
  return published;
}
