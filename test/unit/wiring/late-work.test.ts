import { describe, expect, it } from 'vitest';
import { environmentNames } from '#contract/environment.ts';
import type { Aggregate } from '#ports/registry.ts';
import { timeIsUp, whileTimeLasts } from '#runtime/lambda/invocation.ts';
import { noticeOf } from '#test/contract/notices.contract.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { enrollment } from '#test/support/enrollment.ts';
import { openedDynamoDb } from '#test/unit/adapters/dynamodb/opened-dynamodb.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openDueEscrow } from '#wiring/due-escrow.ts';
import { openKeyPairMaker } from '#wiring/key-pair-maker.ts';
import { openNotices } from '#wiring/notices.ts';
import { openNotifier } from '#wiring/notifier.ts';
import { openRegistry } from '#wiring/registry.ts';
import { openVault } from '#wiring/vault.ts';

async function opened() {
  const { calls, tables } = await openedDynamoDb();
  const environment = {
    [environmentNames.aggregatesTable]: tables.aggregates,
    [environmentNames.documentsTable]: tables.documents,
    [environmentNames.lockedKeysTable]: tables['locked-keys'],
    [environmentNames.activityTable]: tables.activity,
    [environmentNames.noticeTopic]: 'arn:aws:sns:eu-central-1:111122223333:notices',
    [environmentNames.backupBucket]: 'backups',
    [environmentNames.escrowMaker]: 'makes-encryption',
    [environmentNames.keyPairMakers]: { identity: 'makes-identity', encryption: 'makes-encryption' },
  };
  const opening = { environment, dynamoDb: calls, clock: new ManualClock() } as never;
  const registry = openRegistry(opening);
  const stores = { documents: openDocuments(opening), vault: openVault(opening) };
  const notices = { notifier: openNotifier(opening), notices: openNotices(opening) };
  const makers = { maker: openKeyPairMaker(opening, registry), escrow: openDueEscrow(opening, registry) };
  return { ...stores, ...notices, ...makers, registry };
}

/** Gives some work up before it comes to act, as it is when the time is up, and lets it go on then. */
async function givenUp<T>(act: () => Promise<T>): Promise<T> {
  const [time, next] = [new AbortController(), Promise.withResolvers<void>()];
  let late: Promise<T> | undefined;
  const begin = () => {
    late = next.promise.then(act);
    return late;
  };
  const ended = whileTimeLasts(time.signal, begin);
  time.abort();
  expect(await ended).toBe(timeIsUp);
  next.resolve();
  return await (late ?? expect.unreachable('it was begun'));
}

describe('work that nobody waits for any more', () => {
  const record: Aggregate = enrollment();

  it('changes no record, however late it goes on', async () => {
    const { registry } = await opened();
    await expect(givenUp(() => registry.create(record))).rejects.toMatchObject({ code: 'store-unavailable' });
    await registry.create(record);
    const next = { ...record, version: 2 };
    const late = givenUp(() => registry.replace(next, { version: 1 }));
    await expect(late).rejects.toMatchObject({ code: 'store-unavailable', retryable: true });
    await expect(registry.read('enrollment', 'acme', record.id)).resolves.toMatchObject({ version: 1 });
    await registry.replace(next, { version: 1 });
  });

  it('may still read, to see what became of it', async () => {
    const { registry } = await opened();
    await registry.create(record);
    await expect(givenUp(() => registry.read('enrollment', 'acme', record.id))).resolves.toMatchObject(
      record,
    );
  });

  it('writes no record of its own, which nobody would know of, but may discard what it wrote', async () => {
    const { documents } = await opened();
    const name = { kind: 'locked-key', organization: 'acme', id: 'enr_1.att_1' } as const;
    const late = givenUp(() => documents.put(name, Uint8Array.of(1)));
    await expect(late).rejects.toMatchObject({ code: 'store-unavailable' });
    await expect(documents.get(name)).rejects.toMatchObject({ code: 'object-missing' });
    await documents.put(name, Uint8Array.of(1));
    await givenUp(() => documents.discard(name));
    await expect(documents.get(name)).rejects.toMatchObject({ code: 'object-missing' });
  });

  it('stores no backup, and locks none', async () => {
    const { vault } = await opened();
    const why = 'the time for it was up before it was begun';
    const until = new Date('2030-01-01T00:00:00.000Z');
    const stored = givenUp(() => vault.put('acme/enr_1/att_1.pfx', Uint8Array.of(1), until));
    await expect(stored).rejects.toMatchObject({ details: { why } });
    const locked = givenUp(() => vault.extendRetention('acme/enr_1/att_1.pfx', 'v1', until));
    await expect(locked).rejects.toMatchObject({ details: { why } });
  });

  it('hands on no notice, which another may have handed on since', async () => {
    const { notifier, notices } = await opened();
    const why = 'the time for it was up before it was begun';
    await expect(givenUp(() => notifier.notify(noticeOf('n-1')))).rejects.toMatchObject({ details: { why } });
    const { items } = await notices.list({ organization: 'acme', limit: 10 });
    expect(items.map(({ id }) => id)).toEqual(['n-1']);
  });

  it('has no key pair made, and no escrow', async () => {
    const { maker, escrow } = await opened();
    const request = { enrollment: record, password: undefined, requestId: 'r' } as never;
    const why = 'the time for it was up before it was begun';
    await expect(givenUp(() => maker.make(request))).rejects.toMatchObject({ details: { why } });
    await expect(givenUp(() => escrow.make(request))).rejects.toMatchObject({ details: { why } });
  });
});
