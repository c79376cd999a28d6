import { eventSource } from '#contract/events.ts';
import { newId } from '#crypto/identifiers.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { fewAtOnce } from '#steps/few-at-once.ts';

/** How many are asked for at the same time: one after the other, thousands would take longer than a function may run. */
const atOnce = 10;

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
  const ended = await fewAtOnce(organizations, atOnce, (organization) =>
    events.publish({
      specversion: '1.0',
      id: newId('chk'),
      source: eventSource(organization),
      type: 'BackupCheckDue',
      time: clock.now().toISOString(),
      datacontenttype: 'application/json',
      data: { organization },
    }),
  );
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return organizations;
}
