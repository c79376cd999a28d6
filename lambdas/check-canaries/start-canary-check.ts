import { eventSource } from '#contract/events.ts';
import { newId } from '#crypto/identifiers.ts';
import { canaryOrganization } from '#domain/canary.ts';
import type { Dependencies } from '#steps/dependencies.ts';

/** Has the canaries checked: publishes `CanaryCheckDue`. @throws StoreError `store-unavailable` */
export async function startCanaryCheck({
  events,
  clock,
}: Pick<Dependencies, 'events' | 'clock'>): Promise<void> {
  await events.publish({
    specversion: '1.0',
    id: newId('chk'),
    source: eventSource(canaryOrganization),
    type: 'CanaryCheckDue',
    time: clock.now().toISOString(),
    datacontenttype: 'application/json',
    data: { organization: canaryOrganization },
  });
}
