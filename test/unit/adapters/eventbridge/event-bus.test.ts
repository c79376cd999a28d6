import { afterEach, describe, expect, it } from 'vitest';
import { batchesOf, entryOf, wavesOf } from '#adapters/eventbridge/batches.ts';
import { openEventBridge } from '#adapters/eventbridge/client.ts';
import { EventBridgeBus } from '#adapters/eventbridge/event-bus.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { acceptedEvent } from '#test/contract/records.ts';
import {
  type EventBridgeSettings,
  startEventBridgeDouble,
} from '#test/doubles/eventbridge/eventbridge-double.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';
import { refusal } from '../aws/refusal.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function openedBus(settings: EventBridgeSettings = {}) {
  const double = await startEventBridgeDouble(settings);
  ends.push(double.close);
  Object.assign(process.env, double.environment);
  const waiting = fakeWaiting();
  const bus = new EventBridgeBus(openEventBridge({ waiting }), double.busName);
  const ids = () => double.taken.map(({ detail }) => Object(detail).id);
  return { double, bus, waiting, ids };
}

const eventOf = (id: string, characters = 0): CloudEvent => ({
  ...acceptedEvent(id),
  id,
  data: { enrollmentId: id, note: 'x'.repeat(characters) },
});
const many = (count: number, characters = 0) =>
  Array.from({ length: count }, (_, index) => eventOf(`e-${index}`, characters));
const idsOf = (events: readonly CloudEvent[]) => events.map(({ id }) => id);

describe('publish', () => {
  it('puts an event as it is, under the name of this service and its type', async () => {
    const { bus, double } = await openedBus();
    const event = { ...eventOf('e-1'), data: { name: 'Zoë "王" 𠮷 \ufffe\uffff\ud800\u0000' } };
    await bus.publish(event);
    expect(double.taken).toEqual([
      { source: 'enrollment-key-escrow', 'detail-type': 'EnrollmentAccepted', detail: event },
    ]);
  });

  it.each([
    ['AccessDeniedException', 'store-misconfigured'],
    ['InternalException', 'store-unavailable'],
    ['ThrottlingException', 'store-unavailable'],
    ['OperationDisabledException', 'store-misconfigured'],
    ['ValidationException', 'internal'],
  ])('tells a request that is refused with %s as %s', async (type, code) => {
    const { bus, double } = await openedBus();
    double.faults.plan('PutEvents', { kind: 'refuse', type });
    expect((await refusal(bus.publish(eventOf('e-1')))).code).toBe(code);
  });

  it.each([
    ['MalformedDetail', 'internal'],
    ['NotAuthorizedForSourceException', 'store-misconfigured'],
    ['InternalFailure', 'store-unavailable'],
    ['RedactionFailure', 'store-unavailable'],
    ['OneThatNobodyKnows', 'store-unavailable'],
  ])('tells an entry that failed with %s as %s', async (failure, code) => {
    const { bus, double } = await openedBus();
    double.failEntry = () => failure;
    expect((await refusal(bus.publish(eventOf('e-1')))).code).toBe(code);
  });

  it('never takes a code of the other side for words of its own', async () => {
    const { bus, double } = await openedBus();
    double.failEntry = () => 'a code, with "data" of somebody';
    expect((await refusal(bus.publish(eventOf('e-1')))).message).toContain('(unknown)');
  });

  it('publishes again what may have been taken while the answer was lost: consumers see the same id', async () => {
    const { bus, double, ids } = await openedBus();
    double.faults.plan('PutEvents', { kind: 'lose-answer' }, 1);
    await bus.publish(eventOf('e-1'));
    expect(ids()).toEqual(['e-1', 'e-1']);
  });

  it('takes an event of nearly 1 MB alone, and refuses a larger one before it is sent', async () => {
    const { bus, double } = await openedBus();
    const overhead = JSON.stringify(eventOf('e-1')).length + 'enrollment-key-escrowEnrollmentAccepted'.length;
    await bus.publish(eventOf('e-1', 2 ** 20 - 1 - overhead));
    expect((await refusal(bus.publish(eventOf('e-1', 2 ** 20 - overhead)))).code).toBe('record-too-large');
    expect(double.requests).toEqual([1]);
  });
});

describe('publishAll', () => {
  it('sends ten at once, those of one aggregate in their order', async () => {
    const { bus, double, ids } = await openedBus();
    expect(await bus.publishAll(many(23))).toEqual([]);
    expect(double.requests.toSorted()).toEqual([10, 10, 3]);
    expect(ids().toSorted()).toEqual(idsOf(many(23)).toSorted());
    const ofOne = many(23).map((event) => ({ ...event, source: '/organizations/acme' }));
    expect(await bus.publishAll(ofOne)).toEqual([]);
    expect(double.requests.slice(3)).toEqual([10, 10, 3]);
    expect(ids().slice(23)).toEqual(idsOf(ofOne));
  });

  it('has five requests under way at the same time, but none that would overtake one of the same aggregate', () => {
    const waves = (count: number, source: (index: number) => string) => {
      const entries = Array.from({ length: count }, (_, index) =>
        entryOf({ ...eventOf(`e-${index}`), source: source(index) }, index, 'bus'),
      );
      const all = wavesOf(batchesOf(entries));
      expect(all.flat(2)).toEqual(entries);
      return all.map((wave) => wave.length);
    };
    expect(waves(65, String)).toEqual([5, 2]);
    expect(waves(65, (index) => (index === 9 || index === 10 ? 'same' : String(index)))).toEqual([1, 5, 1]);
    expect(waves(40, (index) => (index === 5 || index === 35 ? 'same' : String(index)))).toEqual([3, 1]);
    expect(waves(40, (index) => (index === 5 || index === 7 ? 'same' : String(index)))).toEqual([4]);
    expect(waves(0, String)).toEqual([]);
  });

  it('sends no more at once than 256 KB, where a region takes no more, but for one event that is larger', async () => {
    const { bus, double } = await openedBus();
    expect(await bus.publishAll(many(6, 100_000))).toEqual([]);
    expect(double.requests).toEqual([2, 2, 2]);
    expect(await bus.publishAll([eventOf('a'), eventOf('b', 500_000), eventOf('c')])).toEqual([]);
    expect(double.requests.slice(3)).toEqual([1, 1, 1]);
  });

  it('sends again, by themselves, the entries that failed in a way that passes', async () => {
    const { bus, double, waiting, ids } = await openedBus();
    let failures = 3;
    double.failEntry = ({ detail }) =>
      Object(detail).id === 'e-4' && failures-- > 0 ? 'ThrottlingException' : undefined;
    expect(await bus.publishAll(many(10))).toEqual([]);
    expect(double.requests).toEqual([10, 1, 1, 1]);
    expect(ids().toSorted()).toEqual(idsOf(many(10)).toSorted());
    expect(waiting.slept).toHaveLength(3);
  });

  it('tells apart what fails for good, what failed for now, and what was published', async () => {
    const { bus, double, ids } = await openedBus();
    const codes: Record<string, string> = {
      'e-1': 'InternalFailure',
      'e-2': 'MalformedDetail',
      'e-3': 'AccessDeniedException',
      'e-4': 'OneThatNobodyKnows',
    };
    double.failEntry = ({ detail }) => codes[Object(detail).id];
    const failed = await bus.publishAll(many(5));
    expect(failed.map(({ index, error, never }) => [index, error.code, never])).toEqual([
      [1, 'store-unavailable', false],
      [2, 'internal', true],
      [3, 'store-misconfigured', false],
      [4, 'store-unavailable', false],
    ]);
    expect(ids()).toEqual(['e-0']);
  });

  it('leaves no event behind for a refusal of the whole request that says nothing of events', async () => {
    const { bus, double } = await openedBus();
    double.faults.plan('PutEvents', { kind: 'refuse', type: 'OneThatNobodyKnows', status: 400 });
    const failed = await bus.publishAll(many(3));
    expect(failed.map(({ index, never }) => [index, never])).toEqual([
      [0, false],
      [1, false],
      [2, false],
    ]);
  });

  it('tries no further requests once one failed for now, and says so of every event', async () => {
    const { bus, double } = await openedBus();
    double.faults.plan('PutEvents', { kind: 'refuse', type: 'InternalException', status: 500 });
    const failed = await bus.publishAll([...many(25), eventOf('large', 2 ** 20)]);
    expect(failed.map(({ index }) => index)).toEqual(Array.from({ length: 26 }, (_, index) => index));
    expect(
      failed.slice(0, 25).every(({ error, never }) => error.code === 'store-unavailable' && !never),
    ).toBe(true);
    expect(failed[25]).toMatchObject({ error: { code: 'record-too-large' }, never: true });
  });

  it('finds the one event for which a request is refused as malformed, and publishes the others', async () => {
    // Where a request may weigh less than is sent at once, and one event more.
    const { bus, ids } = await openedBus({ mostBytes: 60_000 });
    const events = [...many(4, 20_000), eventOf('large', 70_000), eventOf('last')];
    const failed = await bus.publishAll(events);
    expect(failed.map(({ index, never }) => [index, never])).toEqual([[4, true]]);
    expect(ids()).toEqual(['e-0', 'e-1', 'e-2', 'e-3', 'last']);
  });

  it('publishes nothing, and asks nothing, of no events', async () => {
    const { bus, double } = await openedBus();
    expect(await bus.publishAll([])).toEqual([]);
    expect(double.requests).toEqual([]);
  });
});
