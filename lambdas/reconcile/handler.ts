import { openBus } from '#wiring/bus.ts';
import { openDocuments } from '#wiring/documents.ts';
import { eachOrganization } from '#wiring/each-organization.ts';
import { openFeedWriter } from '#wiring/feed-writer.ts';
import { openKeys } from '#wiring/keys.ts';
import { openLedger } from '#wiring/ledger.ts';
import { openOrganizationQueues } from '#wiring/organization-queues.ts';
import { openRegistry } from '#wiring/registry.ts';
import { scheduleFunction } from '#wiring/schedule-function.ts';
import { sweepDaily } from '#wiring/sweep-daily.ts';
import { tellReconciled } from '#wiring/tell-reconciled.ts';
import { openUnpublishedEvents } from '#wiring/unpublished-events.ts';
import { openVault } from '#wiring/vault.ts';
import { partAt } from './parts.ts';
import { reconcile } from './reconcile.ts';

/** Longer than any function runs that makes a key pair or changes a password, in seconds. */
const staleAfterSeconds = 300;

/** Mends what crashes left behind, organization by organization, on AWS Lambda. */
export const handler = await scheduleFunction('reconcile', async (opening) => {
  const stores = {
    registry: openRegistry(opening),
    documents: openDocuments(opening),
    vault: openVault(opening),
  };
  const keys = await openKeys(opening);
  const needs = {
    ...{ ...opening, ...stores, keys },
    events: openBus(opening),
    ledger: openLedger(opening),
    queues: openOrganizationQueues(opening, stores.registry),
    carrying: { unpublished: openUnpublishedEvents(opening), feed: openFeedWriter(opening) },
  };
  return async (time) => {
    const run = { staleAfterSeconds, part: partAt(opening.clock.now()), hasTime: () => time.left() > 0 };
    await eachOrganization(opening, stores.registry, time, async (request) => {
      tellReconciled(opening, request, await reconcile(needs, { ...request, ...run }));
    });
    await sweepDaily(opening, keys);
  };
});
