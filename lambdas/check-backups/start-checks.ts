import { eventSource } from '#contract/events.ts';
import { newId } from '#crypto/identifiers.ts';
import type { Dependencies } from '#steps/dependencies.ts';

/**
 * Has the stored backups of every organization checked: publishes a `BackupCheckDue` each. For the clock, once a day.
 * @returns the organizations
 * @throws StoreError `store-unavailable`: then some may be checked, and all may be asked for again
 */
export async function startChecks({
  registry,
  events,
  clock,
}: Pick<Dependencies, 'registry' | 'events' | 'clock'>): Promise<string[]> {
  const organizations = await registry.organizations();
  for (const organization of organizations) {
    await events.publish({
      specversion: '1.0',
      id: newId('chk'),
      source: eventSource(organization),
      type: 'BackupCheckDue',
      time: clock.now().toISOString(),
      datacontenttype: 'application/json',
      data: { organization },
    });
  }
  return organizations;
}
