import { organizationIn, organizationOf } from '#contract/events.ts';
import { derivedId, fingerprint } from '#crypto/identifiers.ts';
import { AccessError, InputError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { whatStands } from '#steps/may-stand.ts';
import { actOf, recorded } from '#steps/record.ts';
import { requireRole } from '#steps/require-role.ts';

/** How long an event is known by its source and id, in milliseconds: as long as a request by its idempotency key. */
const remembered = 24 * 60 * 60 * 1_000;

/**
 * Takes events in from an organization's workflow, once that is recorded; when this returns, none of them is lost. What becomes of each is told by
 * events, and by its enrollment. The same event may come again, and is the same by its source and id (CloudEvents 1.0); so
 * another one must not come under them, as it would be passed over while the first one waits.
 * @throws AccessError `not-permitted`, `not-found` if the source or the data of one are of another organization; InputError
 *   `idempotency-mismatch` if one has the source and id of another: in each case none is taken; StoreError
 *   `store-unavailable`: then some may be, and all may be sent again
 */
export async function publishEvents(
  dependencies: Pick<Dependencies, 'events' | 'idempotencyKeys' | 'ledger' | 'clock'>,
  principal: Principal,
  { events, requestId }: { events: readonly CloudEvent[]; requestId: string },
): Promise<void> {
  const act = actOf('publish-events', principal, { requestId });
  await recorded(dependencies, act, async (recordNow) => {
    requireRole(principal, ['enrollment-workflow']);
    const { organization } = principal;
    for (const event of events) requireOwn(organization, event);
    for (const event of events) await claim(dependencies, organization, event);
    await recordNow();
    await whatStands(async () => {
      for (const event of events) await dependencies.events.publish(event);
    });
  });
}

/** What is of another organization would be given up later, where whoever sent it does not see it. */
function requireOwn(organization: string, { source, data }: CloudEvent): void {
  const why = 'is not of your organization';
  if (organizationOf(source) !== organization) {
    const next = `Begin it with /organizations/${organization}, as in /organizations/${organization}/workflow.`;
    throw new AccessError('not-found', { field: 'source', why, next });
  }
  if (organizationIn(data) === organization) return;
  throw new AccessError('not-found', { field: 'data.organization', why, next: `Write ${organization}.` });
}

async function claim(
  { idempotencyKeys, clock }: Pick<Dependencies, 'idempotencyKeys' | 'clock'>,
  organization: string,
  { source, id, type, data }: CloudEvent,
): Promise<void> {
  const until = new Date(clock.now().getTime() + remembered);
  const name = derivedId('evt', organization, source, id);
  const claimed = await idempotencyKeys.claim(organization, name, fingerprint({ type, data }), until);
  if (claimed !== 'other') return;
  throw new InputError('idempotency-mismatch', {
    field: 'id',
    why: 'is that of another event of this source',
    next: 'Give each event an id of its own, and send the same event under the same.',
  });
}
