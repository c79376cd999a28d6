import type { BackupVault } from '#ports/backup-vault.ts';
import type { CanarySecret } from '#ports/canary-secret.ts';
import type { Clock } from '#ports/clock.ts';
import type { DocumentStore } from '#ports/document-store.ts';
import type { DueEscrow } from '#ports/due-escrow.ts';
import type { EventFeed } from '#ports/event-feed.ts';
import type { IdempotencyKeys } from '#ports/idempotency-keys.ts';
import type { KeyPairMaker } from '#ports/key-pair-maker.ts';
import type { KeyProvider } from '#ports/key-provider.ts';
import type { Ledger } from '#ports/ledger.ts';
import type { LedgerLog } from '#ports/ledger-log.ts';
import type { EventBus } from '#ports/messages.ts';
import type { Notices } from '#ports/notices.ts';
import type { Notifier } from '#ports/notifier.ts';
import type { OrganizationQueues } from '#ports/organization-queues.ts';
import type { ExportabilityPolicy } from '#ports/policy.ts';
import type { Registry } from '#ports/registry.ts';
import type { SegmentStore } from '#ports/segment-store.ts';
import type { WebhookSender } from '#ports/webhook-sender.ts';

/** Everything that use cases work with; each takes the part that it needs. */
export interface Dependencies {
  registry: Registry;
  documents: DocumentStore;
  vault: BackupVault;
  policy: ExportabilityPolicy;
  keys: KeyProvider;
  /** Makes key pairs under passwords; key pairs that need none are made by whom their event sets to work. */
  keyPairs: KeyPairMaker;
  /** Makes escrows that became due after their keys were made. */
  dueEscrow: DueEscrow;
  ledger: Ledger;
  ledgerLog: LedgerLog;
  segments: SegmentStore;
  events: EventBus;
  feed: EventFeed;
  webhooks: WebhookSender;
  notifier: Notifier;
  notices: Notices;
  queues: OrganizationQueues;
  idempotencyKeys: IdempotencyKeys;
  /** What the keys of the service's own enrollments are derived from. */
  canarySecret: CanarySecret;
  clock: Clock;
  /** Names the running build in receipts. */
  build: string;
}
