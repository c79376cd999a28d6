import { organizationOf } from '#contract/events.ts';
import { AccessError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

/**
 * Takes events in from an organization's workflow; once this returns, none of them is lost. What becomes of each is told by
 * events, and by its enrollment.
 * @throws AccessError `not-permitted`, `not-found` if one is of another organization: then none is taken; StoreError
 *   `store-unavailable`: then some may be, and all may be sent again
 */
export async function publishEvents(
  dependencies: Pick<Dependencies, 'events' | 'ledger'>,
  principal: Principal,
  { events, requestId }: { events: readonly CloudEvent[]; requestId: string },
): Promise<void> {
  const act = actOf('publish-events', principal, { requestId });
  await recorded(dependencies, act, async () => {
    requireRole(principal, ['enrollment-workflow']);
    const foreign = events.some(({ source }) => organizationOf(source) !== principal.organization);
    if (foreign) throw new AccessError('not-found', { field: 'source', why: 'is not of your organization' });
    for (const event of events) await dependencies.events.publish(event);
  });
}
