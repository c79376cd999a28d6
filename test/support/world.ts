import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { CedarPolicy } from '#adapters/cedar-policy/cedar-policy.ts';
import { openSoftwareProvider } from '#adapters/software/software-provider.ts';
import { eventSource } from '#contract/events.ts';
import { subscriptions } from '#contract/subscriptions.ts';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import type { Principal } from '#domain/principal.ts';
import { Secret } from '#domain/secret.ts';
import { requestEnrollment } from '#lambdas/request-enrollment/request-enrollment.ts';
import { setPassword } from '#lambdas/set-password/set-password.ts';
import { setUpOrganization } from '#lambdas/set-up-organization/set-up-organization.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { makingHere } from '#steps/key-pair-maker.ts';
import { loadEnrollment } from '#steps/load.ts';
import { escrowingHere } from '#steps/make-due-escrow.ts';
import { makeKeyPair } from '#steps/make-key-pair.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryBackupVault } from '#test/doubles/memory-backup-vault.ts';
import { MemoryDocumentStore } from '#test/doubles/memory-document-store.ts';
import { MemoryIdempotencyKeys } from '#test/doubles/memory-idempotency-keys.ts';
import { MemoryLedger } from '#test/doubles/memory-ledger.ts';
import { MemoryEventBus, MemoryMessageQueues } from '#test/doubles/memory-messages.ts';
import { MemoryNotifier } from '#test/doubles/memory-notifier.ts';
import { MemoryOutbox, MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { MemorySegmentStore } from '#test/doubles/memory-segment-store.ts';
import { MemoryWebhookSender } from '#test/doubles/memory-webhook-sender.ts';
import { decideBy, type PolicyChange, policyWith } from '#test/support/policies.ts';

export const organization = 'acme';

/** Everything that the use cases need, in memory, with one organization set up. */
export interface World {
  dependencies: Dependencies & {
    registry: MemoryRegistry;
    documents: MemoryDocumentStore;
    vault: MemoryBackupVault;
    ledger: MemoryLedger;
    notifier: MemoryNotifier;
    webhooks: MemoryWebhookSender;
    clock: ManualClock;
  };
  /** What aggregates bore, not yet published. */
  outbox: MemoryOutbox;
  /** What was published on the bus, by consumer. */
  queues: MemoryMessageQueues;
  recoveryPrivateKey: JWK;
  close(): Promise<void>;
}

/**
 * Makes a world; the software provider's folder is its only trace on disk, removed by `close`.
 * @param change what its organization's policy says otherwise than the general one
 */
export async function makeWorld(change?: PolicyChange): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'escrow-world-'));
  const clock = new ManualClock();
  const outbox = new MemoryOutbox(clock);
  const registry = new MemoryRegistry(clock, outbox);
  const keys = await openSoftwareProvider({ folder, stage: 'test' });
  const queues = new MemoryMessageQueues(clock);
  const ledger = new MemoryLedger(clock);
  const notices = new MemoryNotifier(clock);
  const documents = new MemoryDocumentStore();
  const ports = {
    registry,
    documents,
    vault: new MemoryBackupVault(clock),
    policy: new CedarPolicy(registry, documents),
    keys,
    ledger,
    ledgerLog: ledger,
    segments: new MemorySegmentStore(),
    events: new MemoryEventBus(queues, subscriptions),
    feed: outbox.feed,
    webhooks: new MemoryWebhookSender(),
    notifier: notices,
    notices,
    queues,
    idempotencyKeys: new MemoryIdempotencyKeys(clock),
    canarySecret: { read: async () => Secret.fromText('obviously a test, and no secret: 0123456789') },
    clock,
    build: 'test build',
  };
  const dependencies = { ...ports, keyPairs: makingHere(ports), dueEscrow: escrowingHere(ports) };
  const { publicKey, privateKey } = await makeRecoveryKey();
  await setUpOrganization(dependencies, administrator, {
    name: 'Acme',
    contact: 'helpdesk@acme.example',
    recoveryKey: publicKey,
  });
  if (change !== undefined) await decideBy(dependencies, organization, policyWith(change));
  const close = async () => {
    await keys.close();
    await rm(folder, { recursive: true });
  };
  return { dependencies, outbox, queues, recoveryPrivateKey: privateKey, close };
}

export const administrator: Principal = { organization, subject: 'root', roles: ['administrator'] };

/** A subscriber who signed in at a moment, by default long ago. */
export function subscriber(subject = 'ada', authTime = 1_700_000_000): Principal {
  return { organization, subject, roles: ['subscriber'], authTime };
}

/** The data of a request, with changes. */
export function requestData(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    organization,
    idempotencyKey: 'first',
    subscriber: { id: 'ada', givenName: 'Ada', familyName: "O'Brien", email: 'ada@acme.example' },
    purpose: 'encryption',
    keySpec: 'ECC_NIST_P256',
    assurance: 'medium',
    ...change,
  };
}

/** An `EnrollmentRequested` event, as the organization's workflow sends it. */
export function requested(
  change: Record<string, unknown> = {},
  source = eventSource(organization),
): CloudEvent {
  return {
    specversion: '1.0',
    id: 'event-1',
    source,
    type: 'EnrollmentRequested',
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data: requestData(change),
  };
}

/** The password that tests set, made anew since a secret may be erased. */
export function password(): Secret {
  return Secret.fromText('correct horse battery');
}

export const wrongPassword = () => Secret.fromText('wrong horse battery');

/** Has a request taken, and returns the enrollment. */
export async function request(
  { dependencies }: World,
  change: Record<string, unknown> = {},
): Promise<Enrollment> {
  return await requestEnrollment(dependencies, requested(change));
}

/** Has a key made: an enrollment that is `ready`, under `password()` if its lock is one. */
export async function ready(world: World, change: Record<string, unknown> = {}): Promise<Enrollment> {
  const { dependencies } = world;
  const enrollment = await request(world, change);
  if (enrollment.state === 'accepted') return await makeKeyPair(dependencies, enrollment);
  const { subscriber: owner, id: enrollmentId } = enrollment;
  const setting = { enrollmentId, password: password(), requestId: 'set' };
  return await setPassword(dependencies, subscriber(owner.id), setting);
}

/** The enrollment as it stands. */
export async function current({ dependencies }: World, { id }: Pick<Enrollment, 'id'>): Promise<Enrollment> {
  return await loadEnrollment(dependencies, organization, id);
}

/** What aggregates bore and was not yet published, in the order of the writes. */
export async function eventsBorn({ outbox }: World): Promise<CloudEvent[]> {
  return (await outbox.pending(10_000)).map(({ event }) => event);
}

/** The names of the events that one enrollment bore. */
export async function eventNames(world: World, { id }: Pick<Enrollment, 'id'>): Promise<string[]> {
  const events = await eventsBorn(world);
  return events.filter(({ source }) => source.endsWith(`/${id}`)).map(({ type }) => type);
}
