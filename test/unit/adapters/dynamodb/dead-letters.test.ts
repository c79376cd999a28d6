import { describe, expect, it } from 'vitest';
import { DynamoDeadLetterStore } from '#adapters/dynamodb/dead-letter-store.ts';
import { type ConsumerSender, DynamoOrganizationQueues } from '#adapters/dynamodb/dead-letters.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { eventSource } from '#contract/events.ts';
import { canaryOrganization } from '#domain/canary.ts';
import { StoreError } from '#domain/errors.ts';
import type { GivenUp } from '#ports/dead-letter-store.ts';
import { acceptedEvent } from '#test/contract/records.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import type { Fault } from '#test/doubles/aws-json/faults.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { openedDynamoDb } from './opened-dynamodb.ts';

const sentAt = new Date('2026-01-05T07:00:00.000Z');
const letter = (messageId: string, change: Partial<GivenUp> = {}): GivenUp => ({
  messageId,
  sentAt,
  consumer: 'maker',
  event: acceptedEvent(messageId),
  code: 'provider-incapable',
  ...change,
});

/** @param fault what is to come; an answer that never comes is waited for in real time, so for a short one */
async function openedLetters(fault?: Fault) {
  const settings = fault?.kind === 'never-answer' ? { requestMilliseconds: 200 } : {};
  const opened = await openedDynamoDb(settings);
  const { calls, tables } = opened;
  const clock = new ManualClock();
  const sent: string[] = [];
  const sender: ConsumerSender = {
    send: async (consumer, event) => void sent.push(`${consumer} ${event.id}`),
  };
  const registry = new DynamoRegistry(calls, tables.aggregates, clock);
  const parts = { calls, table: tables.activity, clock, registry };
  return {
    ...opened,
    clock,
    sent,
    parts,
    store: new DynamoDeadLetterStore(calls, tables.activity, clock),
    queues: new DynamoOrganizationQueues({ ...parts, sender }),
    queuesWith: (send: ConsumerSender['send']) =>
      new DynamoOrganizationQueues({ ...parts, sender: { send } }),
  };
}

describe('keeping', () => {
  it('keeps a message once, with the code and the time of the first who gave it up', async () => {
    const { store, queues, clock } = await openedLetters();
    await store.keep(letter('m-1'));
    clock.advance(60_000);
    await store.keep(letter('m-1', { code: 'internal', event: { ...acceptedEvent('m-1'), data: null } }));
    const { items } = await queues.deadLettersOf('acme', 10);
    expect(items).toEqual([
      expect.objectContaining({
        event: acceptedEvent('m-1'),
        code: 'provider-incapable',
        since: '2026-01-05T08:00:00.000Z',
      }),
    ]);
  });

  it('finds a place for each of many that were sent in the same millisecond', async () => {
    const { store, queues } = await openedLetters();
    const ids = Array.from({ length: 40 }, (_, index) => `m-${index}`);
    for (const id of ids) await store.keep(letter(id));
    for (const id of ids.slice(0, 10)) await store.keep(letter(id));
    expect(await queues.countDeadLetters('acme')).toBe(40);
    const { items } = await queues.deadLettersOf('acme', 1_000);
    expect(new Set(items.map(({ event }) => event.id)).size).toBe(40);
  });

  it.each<Fault>([{ kind: 'lose-answer' }, { kind: 'never-answer' }, { kind: 'cut' }])(
    'keeps it once through a wire that fails: $kind',
    async (fault) => {
      const { store, queues, double } = await openedLetters(fault);
      double.faults.plan('PutItem', fault, 1);
      await store.keep(letter('m-1'));
      expect(await queues.countDeadLetters('acme')).toBe(1);
    },
  );

  it('keeps an event that is larger than a record without its data', async () => {
    const { store, queues } = await openedLetters();
    await store.keep(letter('m-1', { event: { ...acceptedEvent('m-1'), data: 'x'.repeat(900_000) } }));
    const { items } = await queues.deadLettersOf('acme', 10);
    expect(items[0]?.event).toEqual({ ...acceptedEvent('m-1'), data: null });
  });

  it.each(['/unreadable', '/organizations/', `/organizations/${'x'.repeat(3_000)}`, '/organizations/acme#1'])(
    'keeps what names no organization where nobody sees it: %.30s',
    async (source) => {
      const { store, queues, double } = await openedLetters();
      await store.keep(letter('m-1', { event: { ...acceptedEvent('m-1'), source } }));
      expect(double.log.map(({ operation }) => operation)).toEqual(['PutItem']);
      for (const organization of ['', 'acme', 'acme#1']) {
        expect(await queues.countDeadLetters(organization)).toBe(0);
      }
    },
  );

  it("keeps those of the service's own organization under its name, where they are counted", async () => {
    const { store, queues } = await openedLetters();
    const source = eventSource(canaryOrganization);
    await store.keep(letter('m-1', { event: { ...acceptedEvent('m-1'), source } }));
    expect(await queues.countDeadLetters(canaryOrganization)).toBe(1);
  });
});

describe('putting back', () => {
  const idOf = async (queues: DynamoOrganizationQueues) =>
    (await queues.deadLettersOf('acme', 1)).items[0]?.id ?? expect.unreachable('there should be a letter');

  it('sends it, and only then forgets it', async () => {
    const { store, queues, sent } = await openedLetters();
    await store.keep(letter('m-1'));
    await queues.redriveOf('acme', await idOf(queues));
    expect(sent).toEqual(['maker m-1.1.0']);
    expect(await queues.countDeadLetters('acme')).toBe(0);
  });

  it('leaves it where it was if it cannot be sent, for the next who tries', async () => {
    const { store, queues, queuesWith, sent } = await openedLetters();
    await store.keep(letter('m-1'));
    const before = await queues.deadLettersOf('acme', 1);
    const failing = queuesWith(async () => {
      throw new StoreError('store-unavailable');
    });
    expect(await outcomeOf(failing.redriveOf('acme', await idOf(queues)))).toBe('store-unavailable');
    expect(await queues.deadLettersOf('acme', 1)).toEqual(before);
    await queues.redriveOf('acme', await idOf(queues));
    expect(sent).toEqual(['maker m-1.1.0']);
  });

  /** Begins to put back, and is frozen once it has sent. @returns goes on, and ends as that does */
  async function frozen(
    { queuesWith }: Awaited<ReturnType<typeof openedLetters>>,
    id: string,
    fails = false,
  ) {
    const [began, thaw] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const ended = queuesWith(async () => {
      began.resolve();
      await thaw.promise;
      if (fails) throw new StoreError('store-unavailable');
    }).redriveOf('acme', id);
    await began.promise;
    return async () => {
      thaw.resolve();
      return await outcomeOf(ended);
    };
  }

  it('removes no letter that came to stand there after it was taken, however late it goes on', async () => {
    const opened = await openedLetters();
    const { store, queues, clock } = opened;
    await store.keep(letter('m-1'));
    const id = await idOf(queues);
    const goOn = await frozen(opened, id);
    clock.advance(60_000);
    await queues.redriveOf('acme', id);
    // Its queue hands the message out again, as it was, and it is given up once more.
    await store.keep(letter('m-1'));
    expect(await goOn()).toBe('done');
    expect(await idOf(queues)).toBe(id);
  });

  it('takes none from another who has it now, where it fails so late', async () => {
    const opened = await openedLetters();
    const { store, queues, clock } = opened;
    await store.keep(letter('m-1'));
    const id = await idOf(queues);
    const first = await frozen(opened, id, true);
    clock.advance(60_000);
    const other = await frozen(opened, id);
    expect(await first()).toBe('store-unavailable');
    expect(await outcomeOf(queues.redriveOf('acme', id))).toBe('object-missing');
    expect(await other()).toBe('done');
    expect(await queues.countDeadLetters('acme')).toBe(0);
  });

  it('leaves it to another, after a while, where whoever began has crashed', async () => {
    const { store, queues, queuesWith, clock, sent } = await openedLetters();
    await store.keep(letter('m-1'));
    const id = await idOf(queues);
    let began = () => {};
    const isSending = new Promise<void>((resolve) => {
      began = resolve;
    });
    const crashed = queuesWith(async () => {
      began();
      await new Promise(() => {});
    });
    crashed.redriveOf('acme', id).catch(() => {});
    await isSending;
    expect(await outcomeOf(queues.redriveOf('acme', id))).toBe('object-missing');
    clock.advance(60_000);
    await queues.redriveOf('acme', id);
    expect(sent).toEqual(['maker m-1.1.0']);
  });

  it('puts it back through a wire that fails', async () => {
    const { store, queues, double, sent } = await openedLetters();
    await store.keep(letter('m-1'));
    const id = await idOf(queues);
    double.faults.plan('PutItem', { kind: 'lose-answer' }, 1);
    double.faults.plan('DeleteItem', { kind: 'lose-answer' }, 1);
    await queues.redriveOf('acme', id);
    expect(sent).toEqual(['maker m-1.1.0']);
    expect(await queues.countDeadLetters('acme')).toBe(0);
  });

  it('is beyond a function that is given no queues', async () => {
    const { store, queues, parts } = await openedLetters();
    await store.keep(letter('m-1'));
    const reading = new DynamoOrganizationQueues(parts);
    expect(await outcomeOf(reading.redriveOf('acme', await idOf(queues)))).toBe('store-misconfigured');
  });
});
