import { join } from 'node:path';
import { CedarPolicy } from '#adapters/cedar-policy/cedar-policy.ts';
import { FileNotifier } from '#adapters/files/file-notifier.ts';
import { FileVault } from '#adapters/files/file-vault.ts';
import { FileSegmentStore } from '#adapters/files/segment-store.ts';
import { News } from '#adapters/news.ts';
import { openDatabase } from '#adapters/sqlite/database.ts';
import { SqliteDocumentStore } from '#adapters/sqlite/document-store.ts';
import { SqliteEventBus } from '#adapters/sqlite/event-bus.ts';
import { SqliteEventFeed } from '#adapters/sqlite/event-feed.ts';
import { SqliteIdempotencyKeys } from '#adapters/sqlite/idempotency-keys.ts';
import { SqliteLedger } from '#adapters/sqlite/ledger.ts';
import { SqliteLedgerLog } from '#adapters/sqlite/ledger-log.ts';
import { openLockedKeysOf } from '#adapters/sqlite/locked-keys-file.ts';
import { SqliteMessageQueues } from '#adapters/sqlite/message-queues.ts';
import { SqliteNoticeBoard } from '#adapters/sqlite/notice-board.ts';
import { SqliteOrganizationQueues } from '#adapters/sqlite/organization-queues.ts';
import { SqliteOutbox } from '#adapters/sqlite/outbox.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import { HttpWebhookSender, type WebhookSenderSettings } from '#adapters/webhooks/http-webhook-sender.ts';
import { subscriptions } from '#contract/subscriptions.ts';
import { applyPolicy } from '#lambdas/apply-policy/apply-policy.ts';
import { checkBackups } from '#lambdas/check-backups/check-backups.ts';
import { checkCanaries } from '#lambdas/check-canaries/check-canaries.ts';
import { deliverWebhook } from '#lambdas/deliver-webhook/deliver-webhook.ts';
import { discardSupersededOf } from '#lambdas/discard-superseded/discard-superseded.ts';
import { fanOutWebhooks } from '#lambdas/fan-out-webhooks/fan-out-webhooks.ts';
import { makeKeyPairOfAccepted } from '#lambdas/make-key-pair/make-key-pair.ts';
import { notifySubscriber } from '#lambdas/notify-subscriber/notify-subscriber.ts';
import { requestEnrollment } from '#lambdas/request-enrollment/request-enrollment.ts';
import type { Clock } from '#ports/clock.ts';
import { recordingAt } from '#ports/ledger.ts';
import type { MessageQueues } from '#ports/messages.ts';
import type { PolicyFailure } from '#ports/policy.ts';
import type { Tracing } from '#runtime/tracing.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { makingHere } from '#steps/key-pair-maker.ts';
import { escrowingHere } from '#steps/make-due-escrow.ts';
import { build } from './build.ts';
import { canarySecretFile } from './canary-secret.ts';
import { expectedKeys } from './check-custody.ts';
import { takeDataFolder } from './data-folder.ts';
import { Dispatcher, type DispatcherParts } from './dispatcher.ts';
import { type KeyChoice, openKeys } from './open-keys.ts';
import type { Checked } from './tell-checked.ts';

/** The service on one machine: the use cases' dependencies, and what carries their events. */
export interface Service {
  dependencies: Dependencies;
  dispatcher: Dispatcher;
  queues: MessageQueues;
  close(): Promise<void>;
}

export interface ServiceSettings extends KeyChoice {
  /** The options that name other folders, for who took the wrong one; `--data` if absent. */
  folderOptions?: string;
  /** Where everything is kept; made if it is not there. */
  folder: string;
  clock?: Clock;
  /** Where webhooks may be sent: the public network only, if absent. */
  webhooks?: WebhookSenderSettings;
  onDelivery?: DispatcherParts['onDelivery'];
  onTrouble?: DispatcherParts['onTrouble'];
  /** Told of each call on which an organization's policy failed. */
  onPolicyFailed?: (failure: PolicyFailure) => void;
  /** Told how backups and canaries were found. */
  onChecked?: (checked: Checked) => void;
  tracing?: Tracing;
}

/**
 * Opens the service over a data folder, which is then this process's alone.
 * @throws SetUpError `data-folder-in-use`, `not-set-up`; ProviderError as the key provider opens; StoreError
 *   `object-missing` if the file of the locked keys is gone, `store-unavailable`
 */
export async function openService(settings: ServiceSettings): Promise<Service> {
  const { folder } = settings;
  const { clock = { now: () => new Date() }, onChecked = () => {} } = settings;
  const closers: (() => void | Promise<void>)[] = [];
  const close = async () => {
    for (const step of closers.splice(0).reverse()) await step();
  };
  try {
    const lock = await takeDataFolder(folder);
    closers.push(() => lock.release());
    const database = openDatabase(join(folder, 'escrow.db'));
    closers.push(() => database.close());
    const lockedKeys = openLockedKeysOf(database, join(folder, 'locked-keys.db'));
    closers.push(() => lockedKeys.close());
    const news = new News();
    const registry = new SqliteRegistry(database, clock, news);
    const expected = await expectedKeys(registry, settings, settings.folderOptions ?? '--data');
    const keys = await openKeys(settings, folder, expected);
    closers.push(() => keys.close());

    const bus = new SqliteEventBus(database, clock, subscriptions);
    const queues = new SqliteMessageQueues(database, clock);
    const notices = new SqliteNoticeBoard(
      database,
      clock,
      new FileNotifier(join(folder, 'notices.jsonl'), clock),
    );
    const vault = new FileVault(database, join(folder, 'vault'), clock);
    // The folder is ours alone, so whoever was working on these is gone.
    queues.takeOver();
    await vault.sweep();
    const segments = new FileSegmentStore(join(folder, 'ledger'));
    await segments.sweep();
    const documents = new SqliteDocumentStore(database, lockedKeys);
    const ports = {
      registry,
      documents,
      vault,
      policy: new CedarPolicy(registry, documents, settings.onPolicyFailed),
      keys,
      ledger: recordingAt('one-machine', new SqliteLedger(database, clock)),
      ledgerLog: new SqliteLedgerLog(database),
      segments,
      events: bus,
      feed: new SqliteEventFeed(database, news),
      webhooks: new HttpWebhookSender(clock, settings.webhooks),
      notifier: notices,
      notices,
      queues: new SqliteOrganizationQueues(database, clock),
      idempotencyKeys: new SqliteIdempotencyKeys(database, clock),
      canarySecret: canarySecretFile(join(folder, 'canary-secret')),
      clock,
      build,
    };
    const makers = { keyPairs: makingHere(ports), dueEscrow: escrowingHere(ports) };
    const dependencies: Dependencies = { ...ports, ...makers };
    const dispatcher = new Dispatcher({
      outbox: new SqliteOutbox(database, clock),
      bus,
      queues,
      clock,
      handlers: {
        'request-enrollment': (event) => requestEnrollment(dependencies, event),
        'make-identity-key-pair': (event) => makeKeyPairOfAccepted(dependencies, event, 'identity'),
        'make-encryption-key-pair': (event) => makeKeyPairOfAccepted(dependencies, event, 'encryption'),
        'discard-superseded': (event) => discardSupersededOf(dependencies, event),
        'notify-subscriber': (event) => notifySubscriber(dependencies, event),
        'fan-out-webhooks': (event) => fanOutWebhooks(dependencies, event),
        'deliver-webhook': (event) => deliverWebhook(dependencies, event),
        'apply-policy': (event) => applyPolicy(dependencies, event),
        'check-backups': async (event) => onChecked({ backups: await checkBackups(dependencies, event) }),
        'check-canaries': async (event) => onChecked({ canaries: await checkCanaries(dependencies, event) }),
      },
      ...(settings.onDelivery !== undefined && { onDelivery: settings.onDelivery }),
      ...(settings.onTrouble !== undefined && { onTrouble: settings.onTrouble }),
      ...(settings.tracing !== undefined && { tracing: settings.tracing }),
    });
    return { dependencies, dispatcher, queues, close };
  } catch (error) {
    await close();
    throw error;
  }
}
