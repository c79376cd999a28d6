import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readCheckpoint, signCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { readSegment, writeSegment } from '#crypto/ledger/segment.ts';
import type { SealedLedger } from '#domain/sealed-ledger.ts';
import { fanOutWebhooks } from '#lambdas/fan-out-webhooks/fan-out-webhooks.ts';
import type { LedgerEntry } from '#ports/ledger.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { sealLedger } from '#steps/seal-ledger.ts';
import { MemoryLedger } from '#test/doubles/memory-ledger.ts';
import { MemoryOutbox, MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { MemorySegmentStore } from '#test/doubles/memory-segment-store.ts';
import { failingPorts } from '#test/support/failing-ports.ts';
import { signingService } from '#test/support/ledger.ts';
import { thrownBy } from '#test/support/refused.ts';
import { checkpointsOf, reportOf } from '#test/support/sealed.ts';
import { makeWorld, organization, type World } from '#test/support/world.ts';

let world: World;
let needs: Dependencies;
let ledger: MemoryLedger;
let segments: MemorySegmentStore;
let outbox: MemoryOutbox;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());
// The keys stay, what is kept is new each time.
beforeEach(() => {
  const { clock } = world.dependencies;
  ledger = new MemoryLedger(clock);
  segments = new MemorySegmentStore();
  outbox = new MemoryOutbox(clock);
  const registry = new MemoryRegistry(clock, outbox);
  needs = { ...world.dependencies, ledger, ledgerLog: ledger, segments, registry };
});

async function record(count: number, of = organization, more: Partial<LedgerEntry> = {}): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await ledger.record({ action: 'a', organization: of, principal: 'p', outcome: 'done', ...more });
  }
}

async function linesIn(segment: number, of = organization): Promise<number> {
  return readSegment((await segments.get(of, segment)) ?? Uint8Array.of()).lines.length;
}

async function expectWhole(treeSize: number, of = organization): Promise<void> {
  const report = await reportOf(needs, of);
  expect(report.findings).toEqual([]);
  expect(report.ok).toBe(true);
  const last = (await checkpointsOf(needs, of)).at(-1) ?? '';
  expect(readCheckpoint(last).treeSize).toBe(treeSize);
}

async function eventsOf() {
  return (await outbox.pending(100)).map(({ event: { type, source, data } }) => ({ type, source, data }));
}

describe('a ledger that is sealed', () => {
  it('gets a segment of what is new, and none where nothing is', async () => {
    expect(await sealLedger(needs, organization)).toEqual([]);
    await record(3);
    expect(await sealLedger(needs, organization)).toHaveLength(1);
    expect(await sealLedger(needs, organization)).toEqual([]);
    await record(2);
    expect(await sealLedger(needs, organization)).toHaveLength(1);
    expect([await linesIn(1), await linesIn(2)]).toEqual([3, 2]);
    await expectWhole(5);
  });

  it('bears an event a checkpoint, with all that whoever keeps it needs', async () => {
    await record(3);
    const [checkpoint] = await sealLedger(needs, organization);
    const data = { organization, segment: 1, treeSize: 3, checkpoint };
    expect(await eventsOf()).toEqual([
      { type: 'LedgerCheckpointed', source: `/organizations/${organization}`, data },
    ]);
  });

  it('has its checkpoints sent to webhooks, as other events are', async () => {
    const { registry, clock } = needs;
    const owner = await world.dependencies.registry.read('organization', organization, 'organization');
    if (owner === undefined) throw new TypeError('no organization');
    const webhook = { id: 'whk_1', url: 'https://hooks.example.org/', enabled: true, secretGeneration: 1 };
    const webhooks = [{ ...webhook, createdAt: clock.now().toISOString() }];
    await registry.create({ ...owner, version: 1, webhooks, events: [] });
    await record(1);
    const [checkpoint] = await sealLedger(needs, organization);
    const published: CloudEvent[] = [];
    const events = { publish: async (event: CloudEvent) => void published.push(event) };
    for (const { event } of await outbox.pending(10))
      await fanOutWebhooks({ registry, events, clock }, event);
    const event = expect.objectContaining({
      type: 'LedgerCheckpointed',
      data: expect.objectContaining({ checkpoint }),
    });
    expect(published.map(({ data }) => data)).toEqual([{ webhookId: 'whk_1', event }]);
  });

  it('is sealed for each organization apart, and for nobody without an event', async () => {
    await record(1);
    await record(2, 'other');
    await record(3, '');
    for (const each of [organization, 'other', '']) await sealLedger(needs, each);
    await expectWhole(1);
    await expectWhole(2, 'other');
    await expectWhole(3, '');
    expect((await eventsOf()).map(({ source }) => source)).toEqual([
      `/organizations/${organization}`,
      '/organizations/other',
    ]);
  });

  it('has several segments where one would be too large', async () => {
    await record(100, organization, { about: ['x'.repeat(50_000)] });
    expect(await sealLedger(needs, organization)).toHaveLength(2);
    expect((await linesIn(1)) + (await linesIn(2))).toBe(100);
    expect((await segments.get(organization, 1))?.length).toBeLessThan(4_200_000);
    await expectWhole(100);
  });

  it('goes on where the clock was set back', async () => {
    await record(2);
    await sealLedger(needs, organization);
    world.dependencies.clock.advance(-3_600_000);
    await record(2);
    await sealLedger(needs, organization);
    world.dependencies.clock.advance(3_600_000);
    const report = await reportOf(needs, organization);
    expect(report.findings).toEqual([]);
    expect(new Set(report.remarks.map(({ name }) => name))).toEqual(new Set(['clock-backwards']));
  });

  it('verifies with every checkpoint that it ever had as its anchor', async () => {
    for (const count of [1, 4, 2]) {
      await record(count);
      await sealLedger(needs, organization);
    }
    const report = await reportOf(needs, organization, await checkpointsOf(needs, organization));
    expect(report).toMatchObject({ ok: true, findings: [], segments: 3 });
  });
});

describe('two who seal at once', () => {
  it.each([2, 5])('leave one history, and an event a segment: %i of them', async (count) => {
    await record(3);
    await sealLedger(needs, organization);
    await record(4);
    await Promise.all(Array.from({ length: count }, () => sealLedger(needs, organization)));
    expect(await checkpointsOf(needs, organization)).toHaveLength(2);
    await expectWhole(7);
    expect((await eventsOf()).map(({ data }) => Reflect.get(Object(data), 'segment'))).toEqual([1, 2]);
  });

  it('leave one history where nothing was sealed before', async () => {
    await record(3);
    await Promise.all([sealLedger(needs, organization), sealLedger(needs, organization)]);
    await expectWhole(3);
    expect(await eventsOf()).toHaveLength(1);
  });

  it('leave one history where more is recorded between them', async () => {
    await record(3);
    const first = sealLedger(needs, organization);
    await record(2);
    await Promise.all([first, sealLedger(needs, organization)]);
    await expectWhole(5);
  });
});

describe('sealing that ends between two steps', () => {
  // As many as the longest of them calls; one more shows that there is none after it.
  const moments = Array.from({ length: 12 }, (_, index) => index + 1);
  const faults = moments.flatMap((at) =>
    (['before', 'after'] as const).flatMap((effect) =>
      (['crash', 'once'] as const).map((kind) => ({ at, effect, kind })),
    ),
  );

  it.each(faults)('is finished by the next: call $at, $kind, $effect', async (fault) => {
    await record(2);
    await sealLedger(needs, organization);
    await record(3);
    const failing = failingPorts(needs, fault);
    await sealLedger(failing.dependencies, organization).catch(() => undefined);
    await record(1);
    await sealLedger(needs, organization);
    await expectWhole(6);
    const numbers = await segments.list(organization, 0, 10);
    const told = (await eventsOf()).map(({ data }) => Reflect.get(Object(data), 'segment'));
    expect(told).toEqual(numbers);
  });

  it('has no more steps than those', async () => {
    await record(2);
    await sealLedger(needs, organization);
    await record(3);
    const { dependencies, calls } = failingPorts(needs, { at: Infinity, effect: 'before', kind: 'once' });
    await sealLedger(dependencies, organization);
    expect(calls.length).toBeLessThanOrEqual(moments.length);
  });
});

describe('what was changed is not sealed over', () => {
  beforeEach(async () => {
    for (const count of [2, 3]) {
      await record(count);
      await sealLedger(needs, organization);
    }
    await record(1);
  });

  const sealing = () => thrownBy(() => sealLedger(needs, organization));

  /** The store without its last segment. */
  async function withoutLast(): Promise<MemorySegmentStore> {
    const gone = new MemorySegmentStore();
    await gone.put(organization, 1, (await segments.get(organization, 1)) ?? Uint8Array.of());
    return gone;
  }

  it('the last segment, where it is gone and its lines are not those that were signed', async () => {
    const another = new MemoryLedger(world.dependencies.clock);
    for (let index = 0; index < 6; index += 1) {
      await another.record({ action: 'b', organization, principal: 'p', outcome: 'done' });
    }
    const lines = async (of: string, after: number, limit: number) =>
      after < 5 ? await another.lines(of, after, limit) : await ledger.lines(of, after, limit);
    const ledgerLog = { ...needs.ledgerLog, lines };
    needs = { ...needs, segments: await withoutLast(), ledgerLog };
    expect(await sealing()).toMatchObject({ code: 'object-missing', message: expect.stringContaining('2') });
    expect(await needs.segments.list(organization, 0, 10)).toEqual([1]);
  });

  it('but the last one is put back byte for byte where it is gone, and that is recorded', async () => {
    const before = await segments.get(organization, 2);
    needs = { ...needs, segments: await withoutLast() };
    await sealLedger(needs, organization);
    expect(await needs.segments.get(organization, 2)).toEqual(before);
    const restored = { action: 'restore-segment', outcome: 'done', about: ['segment 2'] };
    expect(ledger.entries.at(-1)).toMatchObject(restored);
    await expectWhole(7);
  });

  it('a segment that is another one', async () => {
    const other = new MemorySegmentStore();
    for (const number of [1, 2]) {
      const bytes = (await segments.get(organization, 1)) ?? Uint8Array.of();
      await other.put(organization, number, bytes);
    }
    needs = { ...needs, segments: other };
    expect((await sealing()).code).toBe('object-damaged');
  });

  it('a log that does not follow what is sealed', async () => {
    const another = new MemoryLedger(world.dependencies.clock);
    for (let index = 0; index < 6; index += 1) {
      await another.record({ action: 'b', organization, principal: 'p', outcome: 'done' });
    }
    needs = { ...needs, ledgerLog: another };
    expect((await sealing()).code).toBe('object-damaged');
  });

  it.each<[string, number, number]>([
    ['the first of them', 6, 6],
    ['one between others', 7, 7],
  ])(
    'entries of which one was removed before they were sealed, and it is named: %s',
    async (_, gone, named) => {
      await record(3);
      const lines: typeof ledger.lines = async (...asked) =>
        (await ledger.lines(...asked)).filter(({ sequence }) => sequence !== gone);
      needs = { ...needs, ledgerLog: { ...needs.ledgerLog, lines } };
      expect(await sealing()).toMatchObject({
        code: 'object-damaged',
        message: expect.stringContaining(`entry ${named} is gone, or another one`),
      });
      expect(await needs.segments.list(organization, 0, 10)).toEqual([1, 2]);
    },
  );

  it('a record and a last segment that fit each other, and that this service did not sign', async () => {
    const stranger = await signingService();
    const kept = await needs.registry.read('ledger', organization, 'ledger');
    const forged = await signCheckpoint(readCheckpoint(kept?.checkpoint ?? ''), stranger.signer);
    const { lines } = readSegment((await segments.get(organization, 2)) ?? Uint8Array.of());
    const planted = await withoutLast();
    await planted.put(organization, 2, Buffer.from(writeSegment({ lines, checkpoint: forged })));
    const registry = new MemoryRegistry(world.dependencies.clock);
    if (kept !== undefined) await registry.create({ ...kept, checkpoint: forged });
    needs = { ...needs, registry, segments: planted };
    expect((await sealing()).code).toBe('object-damaged');
    expect(await planted.list(organization, 0, 10)).toEqual([1, 2]);
  });

  it('a log that is shorter than a segment that stands there', async () => {
    const registry = new MemoryRegistry(world.dependencies.clock);
    const before = new MemoryLedger(world.dependencies.clock);
    await before.record({ action: 'a', organization, principal: 'p', outcome: 'done' });
    needs = { ...needs, registry, ledgerLog: before };
    expect((await sealing()).code).toBe('object-damaged');
  });

  it('a segment of lines that the log does not hold, though the service signed it', async () => {
    // Somebody with the keys made a segment of another history, and put it where the next one belongs.
    const forger = new MemoryLedger(world.dependencies.clock);
    const elsewhere = new MemorySegmentStore();
    await forger.record({ action: 'forged', organization, principal: 'p', outcome: 'done' });
    const registry = new MemoryRegistry(world.dependencies.clock);
    await sealLedger({ ...needs, ledgerLog: forger, segments: elsewhere, registry }, organization);
    const forged = (await elsewhere.get(organization, 1)) ?? Uint8Array.of();
    const planted = new MemorySegmentStore();
    await planted.put(organization, 1, forged);
    needs = { ...needs, segments: planted, registry: new MemoryRegistry(world.dependencies.clock) };
    expect((await sealing()).code).toBe('object-damaged');
  });

  it.each<[string, (record: SealedLedger) => Partial<SealedLedger>]>([
    ['how much is sealed', ({ treeSize }) => ({ treeSize: treeSize - 1 })],
    ['the tree', ({ frontier }) => ({ frontier: frontier.map(() => 'a'.repeat(64)) })],
    ['the last line', () => ({ lastLineSha256: 'b'.repeat(64) })],
    ['the checkpoint', () => ({ checkpoint: 'e30.e30.c2ln' })],
  ])('a record that says otherwise: %s', async (_, change) => {
    const kept = await needs.registry.read('ledger', organization, 'ledger');
    if (kept === undefined) throw new TypeError('no record');
    const next = { ...kept, ...change(kept), version: kept.version + 1 };
    const registry = new MemoryRegistry(world.dependencies.clock);
    await registry.create({ ...next, version: kept.version });
    needs = { ...needs, registry };
    expect((await sealing()).code).toBe('object-damaged');
    expect(await segments.list(organization, 0, 10)).toEqual([1, 2]);
  });
});
