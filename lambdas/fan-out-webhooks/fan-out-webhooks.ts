import { eventSource } from '#contract/events.ts';
import { isDomainEventName } from '#domain/events.ts';
import { takes } from '#domain/webhook.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { organizationOfEvent } from '#steps/load.ts';

/**
 * Orders an event to be sent to each webhook that takes it, one order each: a target that fails keeps no other one waiting. The
 * ids of the orders follow from the event's, so after a crash in the middle the same ones are given again. What came in from
 * outside goes to nobody: it holds personal data.
 * @throws StoreError `store-unavailable`
 */
export async function fanOutWebhooks(
  dependencies: Pick<Dependencies, 'registry' | 'events' | 'clock'>,
  event: CloudEvent,
): Promise<void> {
  const { type } = event;
  if (!isDomainEventName(type)) return;
  const owner = await organizationOfEvent(dependencies, event);
  const taking = owner?.webhooks?.filter((webhook) => takes(webhook, type)) ?? [];
  for (const { id: webhookId } of taking) {
    await dependencies.events.publish({
      specversion: '1.0',
      id: `${event.id}.${webhookId}`,
      source: eventSource(owner?.organization ?? ''),
      type: 'WebhookDeliveryRequested',
      time: dependencies.clock.now().toISOString(),
      datacontenttype: 'application/json',
      data: { webhookId, event },
    });
  }
}
