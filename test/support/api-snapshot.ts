import type { ApiWorld } from './api.ts';
import { allListed } from './listed.ts';

/** Everything that is kept, but for the ledger: two that are equal mean that nothing was written between them. */
export async function snapshotOf({ world }: ApiWorld): Promise<string> {
  const { dependencies, outbox, queues } = world;
  const { registry, documents, vault, notifier, webhooks } = dependencies;
  const organizations = await registry.organizations();
  const records = organizations.map(async (organization) => ({
    organization: await registry.read('organization', organization, 'organization'),
    enrollments: await registry.enrollments({ organization, limit: 100_000 }),
    deadLetters: await queues.deadLettersOf(organization, 100_000),
    backlog: await queues.backlog(organization),
  }));
  return JSON.stringify({
    records: await Promise.all(records),
    documents: documents.names(),
    objects: await allListed(vault, ''),
    born: await outbox.pending(100_000),
    notices: notifier.notices,
    sent: webhooks.sent,
  });
}
