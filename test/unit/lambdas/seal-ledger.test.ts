import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDynamoDb } from '#adapters/dynamodb/calls.ts';
import { brokenPlaces, linkOf, placeIn } from '#adapters/dynamodb/ledger-chain.ts';
import { newEntries } from '#adapters/dynamodb/new-entries.ts';
import type { Row } from '#adapters/dynamodb/rows.ts';
import { Table } from '#adapters/dynamodb/table.ts';
import { tables as shapes } from '#contract/tables.ts';
import { readCheckpoint } from '#crypto/ledger/checkpoint.ts';
import { readSegment } from '#crypto/ledger/segment.ts';
import { EscrowError, StoreError } from '#domain/errors.ts';
import { orderedSealing } from '#lambdas/seal-ledger/ordered-sealing.ts';
import { sealNewEntries } from '#lambdas/seal-ledger/seal-new-entries.ts';
import type { LedgerEntry } from '#ports/ledger.ts';
import { sealLog } from '#steps/seal-ledger.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { type DynamoDouble, startDynamoDouble } from '#test/doubles/dynamodb/dynamodb-double.ts';
import type { Bucket } from '#test/doubles/s3/bucket.ts';
import { addBucket, type S3Double, startS3Double } from '#test/doubles/s3/s3-double.ts';
import { through } from '#test/support/failing-ports.ts';
import { type SigningService, signingService } from '#test/support/ledger.ts';
import { thrownBy } from '#test/support/refused.ts';
import { checkpointsOf, reportOf } from '#test/support/sealed.ts';
import { ledgerOnAws, segmentBucket } from '#test/support/sealed-on-aws.ts';

const acme = 'acme';
let service: SigningService;
let dynamo: DynamoDouble;
let s3: S3Double;
let bucket: Bucket;
let clock: ManualClock;
let aws: ReturnType<typeof ledgerOnAws>;

beforeAll(async () => {
  service = await signingService();
  [dynamo, s3] = await Promise.all([startDynamoDouble(), startS3Double()]);
  Object.assign(process.env, dynamo.environment, s3.environment);
});
afterAll(async () => {
  await dynamo.close();
  await s3.close();
});
let run = 0;
let organization: string;
// Each test has an organization of its own: to make tables takes longer than any of them.
beforeEach(() => {
  run += 1;
  organization = `${acme}-${run}`;
  clock = new ManualClock();
  s3.buckets.clear();
  bucket = addBucket(s3, segmentBucket, { objectLock: true });
  aws = ledgerOnAws({ calls: openDynamoDb(), tables: dynamo.tables }, clock, service);
});
afterEach(() => dynamo.faults.clear());

function entry(requestId: string, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return { action: 'a', organization, principal: 'ada', outcome: 'done', requestId, ...more };
}

/** Records by several writers whose clocks differ. @returns the ids */
async function recordBy(writers: number, each: number, first = 0): Promise<string[]> {
  const ids: string[] = [];
  const all = Array.from({ length: writers }, () => aws.writer());
  for (let index = 0; index < each; index += 1) {
    for (const [place, writer] of all.entries()) {
      clock.advance((place % 2 === 0 ? 700 : -650) * (index + 1));
      ids.push(await writer.record(entry(`r-${first + index * writers + place}`)));
    }
  }
  return ids;
}

/** The record of the stream for an entry. */
function recordOf(id: string, sequence: number, of = organization): object {
  return {
    eventName: 'INSERT',
    dynamodb: {
      SequenceNumber: String(sequence),
      Keys: { organization: { S: of === '' ? '-' : of }, record: { S: placeIn(of, id) } },
    },
  };
}

async function rows(): Promise<Row[]> {
  const table = new Table(openDynamoDb(), dynamo.tables.ledger, shapes.ledger);
  const found: Row[] = [];
  for await (const row of table.rows({ partition: organization })) found.push(row);
  return found;
}

/** The request ids of all sealed lines, in the order of the log. */
async function sealedRequests(): Promise<string[]> {
  const numbers = await aws.segments.list(organization, 0, 1_000);
  const segments = await Promise.all(numbers.map((each) => aws.segments.get(organization, each)));
  const lines = segments.flatMap((bytes) => readSegment(bytes ?? Uint8Array.of()).lines);
  return lines.map((line) => JSON.parse(line).entry.requestId);
}

/** Nothing is missing, nothing there twice, and the verifier has nothing to say against it. */
async function expectWhole(count: number): Promise<void> {
  const needs = { ...aws, ledgerLog: aws.log };
  const report = await reportOf(needs, organization, await checkpointsOf(needs, organization));
  expect(report.findings).toEqual([]);
  expect(report).toMatchObject({ ok: true, treeSize: count });
  const requests = await sealedRequests();
  expect(requests).toHaveLength(count);
  expect(new Set(requests).size).toBe(count);
  expect(brokenPlaces(organization, await rows())).toEqual([]);
}

describe('a ledger that many write', () => {
  it('is one log once it is sealed, in the order of time', async () => {
    const ids = await recordBy(3, 4);
    await aws.seal(organization);
    await expectWhole(12);
    const places = (await rows()).map((row) => linkOf(row).entry.requestId);
    expect(await sealedRequests()).toEqual(places);
    for (const id of ids) {
      const line = await aws.log.locate(organization, id);
      expect(JSON.parse(line?.text ?? '{}').id).toBe(id);
    }
  });

  it('has every entry once, though records of the stream come late, twice and in another order', async () => {
    const ids = await recordBy(3, 8);
    const records = ids.map((id, index) => recordOf(id, index));
    const batches = [
      records.slice(10, 16),
      records.slice(4, 12),
      [...records.slice(0, 3), ...records.slice(0, 3)],
      records,
      records.slice(20).toReversed(),
      records,
    ];
    for (const batch of batches) {
      const done = await sealNewEntries(newEntries(batch), (of, earliest) => aws.seal(of, earliest));
      expect(done).toMatchObject({ changed: [] });
      expect(done.again).toBeUndefined();
    }
    await expectWhole(24);
  });

  it('has every entry once, though several seal while others write', async () => {
    const recorded: string[] = [];
    const writing = async (first: number) => recorded.push(...(await recordBy(2, 6, first)));
    const sealing = async () => {
      for (let times = 0; times < 4; times += 1) await aws.seal(organization);
    };
    await Promise.all([writing(0), sealing(), writing(100), sealing(), sealing()]);
    const rest = newEntries(recorded.map((id, index) => recordOf(id, index)));
    await sealNewEntries(rest, (of, earliest) => aws.seal(of, earliest));
    await expectWhole(24);
    expect((await aws.segments.list(organization, 0, 100)).length).toBeGreaterThan(1);
  });

  it('is sealed from an entry on: what is before it has a record of the stream of its own', async () => {
    const [first = '', second = ''] = await recordBy(1, 2);
    await aws.seal(organization, placeIn(organization, second));
    expect(await sealedRequests()).toEqual(['r-1']);
    await aws.seal(organization, placeIn(organization, first));
    expect(await sealedRequests()).toEqual(['r-1', 'r-0']);
    await expectWhole(2);
  });

  it('bears a checkpoint in the record that says how far it is sealed', async () => {
    await recordBy(1, 2);
    const [checkpoint] = await aws.seal(organization);
    const sealed = await aws.registry.read('ledger', organization, 'ledger');
    expect(sealed).toMatchObject({ version: 1, treeSize: 2, checkpoint });
    expect(sealed?.events).toMatchObject([{ name: 'LedgerCheckpointed', data: { segment: 1 } }]);
    expect(readCheckpoint(checkpoint ?? '')).toMatchObject({ organization, treeSize: 2 });
  });

  it('locks each segment for all of its retention, and never writes one twice', async () => {
    await recordBy(1, 1);
    await aws.seal(organization);
    await aws.seal(organization);
    const [version, ...others] = bucket.versions();
    expect(others).toEqual([]);
    const until = clock.now().getTime() + 1_095 * 86_400_000;
    expect(version?.retention).toEqual({ mode: 'COMPLIANCE', until });
  });
});

describe('sealing that ends between two calls', () => {
  // The calls of one sealing are counted below; each of them fails once before and once after it took effect.
  const moments = Array.from({ length: 14 }, (_, index) => index + 1);
  const faults = moments.flatMap((at) => [
    { at, effect: 'before' as const },
    { at, effect: 'after' as const },
  ]);

  /** Seals as a function does that ends at its n-th call to a store. @returns how many calls there were */
  async function sealFaultily(at: number, effect: 'before' | 'after'): Promise<number> {
    let calls = 0;
    const call = async (_name: string, work: () => unknown) => {
      calls += 1;
      if (calls > at || (calls === at && effect === 'before')) throw new StoreError('store-unavailable');
      const result = await work();
      if (calls >= at) throw new StoreError('store-unavailable');
      return result;
    };
    const needs = {
      registry: through(aws.registry, 'registry', call),
      segments: through(aws.segments, 'segments', call),
      keys: aws.keys,
      clock,
    };
    const log = aws.sealable();
    const faulty = {
      following: (of: string, sealed: Parameters<typeof log.following>[1]) => log.following(of, sealed),
      holds: through(log, 'log', call).holds,
      // Each mark is a call of its own.
      noteSealed: async (...[of, segment, lines, sealed]: Parameters<typeof log.noteSealed>) => {
        for (let count = 1; count <= lines.length; count += 1) {
          await call('mark', () => log.noteSealed(of, segment, lines.slice(0, count), sealed));
        }
      },
    };
    await sealLog({ ...needs, log: faulty }, organization).catch(() => undefined);
    return calls;
  }

  it.each(faults)(
    'is finished by the next, whatever came between: call $at, $effect',
    async ({ at, effect }) => {
      await recordBy(1, 2);
      await aws.seal(organization);
      await recordBy(2, 2, 10);
      await sealFaultily(at, effect);
      // Its clock says that it was earlier than what is being sealed.
      clock.advance(-20_000);
      await recordBy(1, 1, 20);
      await aws.seal(organization);
      await expectWhole(7);
    },
  );

  it('has no more calls than those', async () => {
    await recordBy(1, 2);
    await aws.seal(organization);
    await recordBy(2, 2, 10);
    expect(await sealFaultily(Number.POSITIVE_INFINITY, 'before')).toBeLessThanOrEqual(moments.length);
  });
});

describe('a wire that fails', () => {
  it.each(['UpdateItem', 'PutItem', 'Query'])('leaves one history: %s', async (operation) => {
    await recordBy(2, 3);
    for (const fault of ['lose-answer', 'cut'] as const) dynamo.faults.plan(operation, { kind: fault }, 1);
    await aws.seal(organization);
    await expectWhole(6);
  });

  it.each(['lose-answer', 'cut'] as const)('stores a segment once: %s', async (kind) => {
    await recordBy(1, 3);
    s3.faults.plan('PutObject', { kind }, 1);
    await aws.seal(organization);
    expect(bucket.versions()).toHaveLength(1);
    await expectWhole(3);
  });
});

describe('what was changed is not sealed over', () => {
  const table = () => new Table(openDynamoDb(), dynamo.tables.ledger, shapes.ledger);
  /** A segment stands there, and no record names it yet. */
  async function halfSealed(): Promise<Row> {
    await recordBy(1, 2);
    const registry = { ...aws.registry, read: aws.registry.read.bind(aws.registry) };
    const ending = {
      ...registry,
      create: async () => Promise.reject(new StoreError('store-unavailable')),
      replace: async () => {},
    };
    const log = aws.sealable();
    const unmarked = {
      following: (of: string, sealed: Parameters<typeof log.following>[1]) => log.following(of, sealed),
      holds: async () => true,
      noteSealed: async () => {},
    };
    const { segments, keys } = aws;
    await thrownBy(() => sealLog({ registry: ending, segments, keys, clock, log: unmarked }, organization));
    const [row] = await rows();
    return row ?? expect.unreachable('it was recorded');
  }
  const replaced = (row: Row) => table().put(row, { expression: 'attribute_exists(#record)' });

  it('a segment of an entry that was changed in the table since', async () => {
    const row = await halfSealed();
    await replaced({ ...row, body: String(row['body']).replace('"done"', '"failed"') });
    expect((await thrownBy(() => aws.seal(organization))).code).toBe('object-damaged');
  });

  it('a segment of an entry that is gone', async () => {
    const row = await halfSealed();
    await table().remove(organization, String(row['record']));
    expect((await thrownBy(() => aws.seal(organization))).code).toBe('object-damaged');
  });

  it('a segment of an entry that stands in another one', async () => {
    const row = await halfSealed();
    await replaced({ ...row, sealedIn: 7, position: '9', previousSha256: Buffer.alloc(32) });
    expect((await thrownBy(() => aws.seal(organization))).code).toBe('object-damaged');
  });

  it('a segment that is gone', async () => {
    await recordBy(1, 1);
    await aws.seal(organization);
    const [version] = bucket.versions();
    bucket.remove(version?.key ?? '', version?.id ?? '');
    await recordBy(1, 1, 5);
    expect((await thrownBy(() => aws.seal(organization))).code).toBe('object-missing');
  });
});

describe('what was changed in the table before it was sealed', () => {
  const table = () => new Table(openDynamoDb(), dynamo.tables.ledger, shapes.ledger);
  const report = async () => await reportOf({ ...aws, ledgerLog: aws.log }, organization);

  it.each([
    ['the first of a process', 0],
    ['one between others', 2],
  ])('is seen where it was removed, by whoever verifies: %s', async (_, gone) => {
    await recordBy(1, 5);
    const removed = (await rows())[gone];
    await table().remove(organization, String(removed?.['record']));
    await aws.seal(organization);
    const { ok, findings } = await report();
    expect(ok).toBe(false);
    expect(findings).toEqual([
      expect.objectContaining({ name: 'entry-missing', line: gone + 1, sequence: gone + 1 }),
    ]);
  });

  it('is not sealed where it was altered, and is named', async () => {
    await recordBy(2, 3);
    const row = (await rows())[1] ?? expect.unreachable('it was recorded');
    const body = String(row['body']).replace('"done"', '"failed"');
    await table().put({ ...row, body }, { expression: 'attribute_exists(#record)' });
    expect(await thrownBy(() => aws.seal(organization))).toMatchObject({
      code: 'object-damaged',
      message: expect.stringContaining(String(row['record'])),
    });
    expect(bucket.versions()).toHaveLength(0);
  });

  it('is not sealed where it was altered with a digest that fits, if its process recorded anything after it', async () => {
    await recordBy(1, 3);
    const [row, next] = await rows();
    const body = String(row?.['body']).replace('"done"', '"failed"');
    const sha256 = createHash('sha256').update(body).digest('hex');
    await table().put({ ...row, body, sha256 }, { expression: 'attribute_exists(#record)' });
    expect(await thrownBy(() => aws.seal(organization))).toMatchObject({
      code: 'object-damaged',
      message: expect.stringContaining(String(next?.['record'])),
    });
  });
});

describe('a batch of the stream', () => {
  const batch = (...organizations: string[]) =>
    organizations.map((of, index) => ({ recordId: String(index), organization: of, place: `2026#${index}` }));

  it('is sealed organization by organization, each from its earliest entry', async () => {
    const asked: string[][] = [];
    const entries = [{ recordId: '9', organization: 'b', place: '2025#1' }, ...batch('a', 'b', '', 'a')];
    const done = await sealNewEntries(entries, async (...of) => [String(asked.push(of))]);
    expect(asked).toEqual([
      ['b', '2025#1'],
      ['a', '2026#0'],
      ['', '2026#2'],
    ]);
    expect(done).toEqual({ segments: 3, changed: [] });
  });

  it('is handed out again from the first that failed, after all others were sealed', async () => {
    const asked: string[] = [];
    const done = await sealNewEntries(batch('a', 'b', 'c'), async (of) => {
      asked.push(of);
      if (of !== 'c') throw new StoreError('store-unavailable');
      return ['checkpoint'];
    });
    expect(asked).toEqual(['a', 'b', 'c']);
    expect(done).toMatchObject({ segments: 1, again: { recordId: '0' }, changed: [] });
  });

  it.each(['object-damaged', 'object-missing'] as const)(
    'is not held up by a ledger that was changed (%s), of which somebody is told',
    async (code) => {
      const done = await sealNewEntries(batch('a', 'b'), async (of) => {
        if (of === 'a') throw new StoreError(code);
        return ['checkpoint'];
      });
      expect(done).toMatchObject({ segments: 1, changed: [{ organization: 'a', error: { code } }] });
      expect(done.again).toBeUndefined();
    },
  );

  it('is read by the keys of entries that were put; what sealing writes, and what is none, is passed over', () => {
    const id = 'led_0mk8x8o00abcdefabcdefabcdef1';
    const place = placeIn(acme, id);
    const told = recordOf(id, 1, '');
    const others = [
      { ...recordOf(id, 2), eventName: 'MODIFY' },
      {
        eventName: 'INSERT',
        dynamodb: {
          SequenceNumber: '3',
          Keys: { organization: { S: 'acme#segments' }, record: { S: '000000000000012' } },
        },
      },
      {},
    ];
    expect(newEntries([told, ...others])).toEqual([{ recordId: '1', organization: '', place }]);
  });
});

describe('an order of the operator', () => {
  it('names an organization and a time', () => {
    const order = { seal: { organization: 'acme', from: '2026-01-05T08:00:00Z' } };
    expect(orderedSealing(order)).toEqual({ organization: 'acme', from: '2026-01-05T08:00:00.000Z' });
    expect(orderedSealing({ Records: [] })).toBeUndefined();
  });

  it.each([{}, { organization: 'acme' }, { organization: 'acme', from: 'yesterday' }])(
    'is refused where it does not: %j',
    (seal) => {
      expect(() => orderedSealing({ seal })).toThrow(EscrowError);
    },
  );
});
