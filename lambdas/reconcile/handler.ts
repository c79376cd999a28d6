import { openBus } from '#wiring/bus.ts';
import { openDocuments } from '#wiring/documents.ts';
import { eachOrganization } from '#wiring/each-organization.ts';
import { openFeedWriter } from '#wiring/feed-writer.ts';
import { openIdempotencyKeys } from '#wiring/idempotency-keys.ts';
import { openKeys } from '#wiring/keys.ts';
import { openLedger } from '#wiring/ledger.ts';
import { openOrganizationQueues } from '#wiring/organization-queues.ts';
import { openRegistry } from '#wiring/registry.ts';
import { scheduleFunction } from '#wiring/schedule-function.ts';
import { sweepDaily } from '#wiring/sweep-daily.ts';
import { tellPublished, tellReconciled } from '#wiring/tell-reconciled.ts';
import { openUnpublishedEvents } from '#wiring/unpublished-events.ts';
import { openVault } from '#wiring/vault.ts';
import { partAt } from './parts.ts';
import { orderedSpan, publishFed } from './publish-fed.ts';
import { reconcile } from './reconcile.ts';

/** Longer than any function runs that makes a key pair or changes a password, in seconds. */
const staleAfterSeconds = 300;

/** Mends what crashes left behind, organization by organization, on AWS Lambda; or publishes what an operator orders. */
export const handler = await scheduleFunction('reconcile', async (opening) => {
  const [registry, keys] = [openRegistry(opening), await openKeys(opening)];
  const carrying = { unpublished: openUnpublishedEvents(opening), feed: openFeedWriter(opening) };
  const stores = { registry, documents: openDocuments(opening), vault: openVault(opening), carrying };
  const told = { ledger: openLedger(opening), queues: openOrganizationQueues(opening, registry) };
  const [bus, idempotencyKeys] = [openBus(opening), openIdempotencyKeys(opening)];
  const needs = { ...opening, ...stores, ...told, keys, events: bus, idempotencyKeys };
  return async (time, event) => {
    const part = partAt(opening.clock.now());
    const hasTime = () => time.left() > 0;
    const span = orderedSpan(event);
    if (span !== undefined) {
      const fed = { registry, unpublished: carrying.unpublished, bus };
      return tellPublished(opening, await publishFed(fed, span, hasTime));
    }
    const done = await eachOrganization(opening, registry, time, async (request) => ({
      ...request,
      ...(await reconcile(needs, { ...request, staleAfterSeconds, part, hasTime })),
    }));
    tellReconciled(opening, done);
    await sweepDaily(opening, keys);
  };
});
