import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { FileVault } from '#adapters/files/file-vault.ts';
import { openDatabase, openLockedKeys } from '#adapters/sqlite/database.ts';
import { SqliteDocumentStore } from '#adapters/sqlite/document-store.ts';
import { SqliteEventBus } from '#adapters/sqlite/event-bus.ts';
import { SqliteLedger } from '#adapters/sqlite/ledger.ts';
import { SqliteLedgerLog } from '#adapters/sqlite/ledger-log.ts';
import { SqliteMessageQueues } from '#adapters/sqlite/message-queues.ts';
import { SqliteOutbox } from '#adapters/sqlite/outbox.ts';
import { SqliteRegistry } from '#adapters/sqlite/registry.ts';
import { StoreError } from '#domain/errors.ts';
import { acceptedEvent, enrollmentRecord, organizationRecord } from '#test/contract/records.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

const message = { receipt: '1.1', consumer: 'maker', event: acceptedEvent('e-1'), receiveCount: 1 };
const csr = { kind: 'csr', organization: 'acme', id: 'd-1' } as const;
const lockedKey = { kind: 'locked-key', organization: 'acme', id: 'd-1' } as const;
const entry = { action: 'a', organization: 'acme', principal: 'p', outcome: 'done' } as const;

function everything(folder: string) {
  const clock = new ManualClock();
  const database = openDatabase(`${folder}/escrow.db`, 1);
  const lockedKeys = openLockedKeys(`${folder}/locked-keys.db`, 1);
  return {
    database,
    lockedKeys,
    registry: new SqliteRegistry(database, clock),
    outbox: new SqliteOutbox(database, clock),
    bus: new SqliteEventBus(database, clock, { maker: { types: ['EnrollmentAccepted'] } }),
    queues: new SqliteMessageQueues(database, clock),
    documents: new SqliteDocumentStore(database, lockedKeys),
    ledger: new SqliteLedger(database, clock),
    ledgerLog: new SqliteLedgerLog(database),
    vault: new FileVault(database, `${folder}/vault`, clock),
  };
}

type Everything = ReturnType<typeof everything>;
type Uses = Record<string, (all: Everything) => Promise<unknown>>;

const reads: Uses = {
  'registry.read': ({ registry }) => registry.read('enrollment', 'acme', 'e-1'),
  'registry.enrollments': ({ registry }) => registry.enrollments({ organization: 'acme', limit: 1 }),
  'outbox.pending': ({ outbox }) => outbox.pending(1),
  'queues.deadLetters': ({ queues }) => queues.deadLetters(),
  'queues.depth': ({ queues }) => queues.depth(),
  'queues.nextVisible': ({ queues }) => queues.nextVisible(),
  'vault.read': ({ vault }) => vault.read('acme/e-1/a.pfx', 'v'),
  'vault.describe': ({ vault }) => vault.describe('acme/e-1/a.pfx', 'v'),
  'vault.list': ({ vault }) => vault.list(''),
  'vault.sweep': ({ vault }) => vault.sweep(),
  'ledgerLog.organizations': ({ ledgerLog }) => ledgerLog.organizations(),
  'ledgerLog.lines': ({ ledgerLog }) => ledgerLog.lines('acme', 0, 1),
  'ledgerLog.find': ({ ledgerLog }) => ledgerLog.find({ organization: 'acme', limit: 1, after: 0 }),
  'ledgerLog.locate': ({ ledgerLog }) => ledgerLog.locate('acme', 'led_a'),
};

const writes: Uses = {
  'registry.create': ({ registry }) => registry.create(organizationRecord('acme')),
  'registry.replace': ({ registry }) => registry.replace(enrollmentRecord('e-1'), { version: 1, states: [] }),
  'outbox.published': ({ outbox }) => outbox.published(1),
  'bus.publish': ({ bus }) => bus.publish(acceptedEvent('e-1')),
  'queues.receive': ({ queues }) => queues.receive('maker', 1, 1),
  'queues.acknowledge': ({ queues }) => queues.acknowledge(message),
  'queues.release': ({ queues }) => queues.release(message, 0),
  'queues.bury': ({ queues }) => queues.bury(message, 'internal'),
  'queues.redrive': ({ queues }) => queues.redrive('1'),
  'documents.put': ({ documents }) => documents.put(csr, Uint8Array.of(1)),
  'documents.discard': ({ documents }) => documents.discard(csr),
  'ledger.record': ({ ledger }) => ledger.record(entry),
  'vault.put': ({ vault }) => vault.put('acme/e-1/a.pfx', Uint8Array.of(1), new Date(0)),
};

const onLockedKeys: Uses = {
  'documents.put of a locked key': ({ documents }) => documents.put(lockedKey, Uint8Array.of(1)),
  'documents.discard of a locked key': ({ documents }) => documents.discard(lockedKey),
};

const lastUses: Uses = {
  ...reads,
  ...writes,
  ...onLockedKeys,
  'documents.get': ({ documents }) => documents.get(csr),
};

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'it went well',
    (error: unknown) => error,
  );
}

describe('a store that does not answer', () => {
  const folder = temporaryFolder();

  it.each(Object.entries(lastUses))('makes %s say store-unavailable, with the cause', async (_, use) => {
    const all = everything(folder());
    all.database.close();
    all.lockedKeys.close();
    const error = await failureOf(use(all));
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: 'store-unavailable', retryable: true, cause: expect.any(Error) });
  });

  it.each(Object.entries({ ...writes, ...onLockedKeys }))(
    'makes %s say so while another has the lock',
    async (_, use) => {
      const all = everything(folder());
      const holders = ['escrow.db', 'locked-keys.db'].map((file) => new DatabaseSync(folder(file)));
      for (const holder of holders) holder.exec('BEGIN IMMEDIATE');
      const error = await failureOf(use(all));
      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ code: 'store-unavailable', cause: { errcode: 5 } });
      for (const open of [...holders, all.database, all.lockedKeys]) open.close();
    },
  );
});
