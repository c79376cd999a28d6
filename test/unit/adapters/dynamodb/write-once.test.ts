import { describe, expect, it } from 'vitest';
import { DynamoDocumentStore } from '#adapters/dynamodb/document-store.ts';
import { DynamoIdempotencyKeys } from '#adapters/dynamodb/idempotency-keys.ts';
import { take } from '#adapters/dynamodb/merge.ts';
import { Table } from '#adapters/dynamodb/table.ts';
import { tables as shapes } from '#contract/tables.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { refusal } from '../aws/refusal.ts';
import { openedDynamoDb } from './opened-dynamodb.ts';

const csr = { kind: 'csr', organization: 'acme', id: 'd-1' } as const;
const lockedKey = { kind: 'locked-key', organization: 'acme', id: 'd-1' } as const;
const bytes = Uint8Array.of(1, 2, 3);

async function openedDocuments() {
  const opened = await openedDynamoDb({ requestMilliseconds: 500 });
  const { calls, tables } = opened;
  const names = { documents: tables.documents, lockedKeys: tables['locked-keys'] };
  return { ...opened, names, documents: new DynamoDocumentStore(calls, names) };
}

describe('a document', () => {
  it.each(['lose-answer', 'never-answer', 'cut', 'never-arrive'] as const)(
    'is written though an answer or a request is lost (%s)',
    async (kind) => {
      const { documents, double } = await openedDocuments();
      double.faults.plan('PutItem', { kind }, 1);
      await documents.put(csr, bytes);
      expect(await documents.get(csr)).toEqual(bytes);
      double.faults.plan('DeleteItem', { kind }, 1);
      await documents.discard(csr);
      expect(await outcomeOf(documents.get(csr))).toBe('object-missing');
    },
  );

  it('of other bytes is refused also where the first answer was lost', async () => {
    const { documents, double, meanwhile, another, names } = await openedDocuments();
    double.faults.plan('PutItem', { kind: 'cut' }, 1);
    meanwhile(() => new DynamoDocumentStore(another(), names).put(csr, Uint8Array.of(9)));
    expect(await outcomeOf(documents.put(csr, bytes))).toBe('already-exists');
  });

  it('that was discarded while it was written again is for its caller to decide on', async () => {
    const { documents, double, meanwhile } = await openedDocuments();
    await documents.put(csr, bytes);
    double.faults.plan('GetItem', { kind: 'cut' }, 1);
    meanwhile(() => documents.discard(csr));
    expect(await outcomeOf(documents.put(csr, bytes))).toBe('store-unavailable');
  });

  it('stands in a table of its own where it is a locked key', async () => {
    const { documents, calls, tables } = await openedDocuments();
    await documents.put(csr, bytes);
    await documents.put(lockedKey, bytes);
    const rowsOf = async (name: 'documents' | 'locked-keys') => {
      const found = new Table(calls, tables[name], shapes[name]).rows({ partition: 'acme' });
      return (await take(found, 10)).map((row) => row['record']);
    };
    expect(await rowsOf('documents')).toEqual(['csr#d-1']);
    expect(await rowsOf('locked-keys')).toEqual(['locked-key#d-1']);
  });

  it('cannot be reached by who was given no name of its table, and that is said', async () => {
    const { calls, names, requests } = await openedDocuments();
    const { documents, lockedKeys } = names;
    const reader = new DynamoDocumentStore(calls, { documents });
    for (const act of [
      () => reader.put(lockedKey, bytes),
      () => reader.get(lockedKey),
      () => reader.discard(lockedKey),
      () => new DynamoDocumentStore(calls, { lockedKeys }).get(csr),
    ]) {
      const error = await refusal(act());
      expect(error.code).toBe('store-misconfigured');
      expect(error.message).toMatch(/^this function is given no table of (locked keys|documents)$/);
    }
    expect(requests()).toEqual([]);
  });
});

describe('a claim', () => {
  const hour = 3_600_000;

  async function openedClaims() {
    const opened = await openedDynamoDb({ requestMilliseconds: 500 });
    const { calls, tables, another } = opened;
    const clock = new ManualClock();
    const claimIn = (keys: DynamoIdempotencyKeys) => (fingerprint: string, lasts: number) =>
      keys.claim('acme', 'k-1', fingerprint, new Date(clock.now().getTime() + lasts));
    return {
      ...opened,
      clock,
      claim: claimIn(new DynamoIdempotencyKeys(calls, tables.activity, clock)),
      theirs: claimIn(new DynamoIdempotencyKeys(another(), tables.activity, clock)),
    };
  }

  it.each(['lose-answer', 'never-answer'] as const)(
    'is new to who made it, though the answer was lost (%s)',
    async (kind) => {
      const { claim, double, requests } = await openedClaims();
      double.faults.plan('PutItem', { kind }, 1);
      expect(await claim('one', hour)).toBe('new');
      expect(requests()).toEqual([`PutItem ${kind}`, 'PutItem', 'GetItem']);
      expect(await claim('one', hour)).toBe('same');
    },
  );

  it("is another's that came in between", async () => {
    const { claim, theirs, double, meanwhile } = await openedClaims();
    double.faults.plan('PutItem', { kind: 'cut' }, 1);
    meanwhile(() => theirs('one', hour));
    expect(await claim('one', hour)).toBe('same');
    expect(await claim('two', hour)).toBe('other');
  });

  it('is begun again where the one before ends while it is looked at', async () => {
    const { claim, theirs, double, meanwhile, clock } = await openedClaims();
    await theirs('one', 1_000);
    double.faults.plan('GetItem', { kind: 'cut' }, 1);
    meanwhile(async () => clock.advance(1_000));
    expect(await claim('two', hour)).toBe('new');
  });

  it('says when the table may forget it, in seconds, never before its end', async () => {
    const { claim, clock, calls, tables } = await openedClaims();
    await claim('one', 1_001);
    const found = new Table(calls, tables.activity, shapes.activity).rows({ partition: 'claims#acme' });
    const [row] = await take(found, 10);
    expect(row?.['expires']).toBe(Math.floor(clock.now().getTime() / 1_000) + 2);
  });

  it('is known by an id that is longer than a sort key may be', async () => {
    const { calls, tables } = await openedClaims();
    const keys = new DynamoIdempotencyKeys(calls, tables.activity, new ManualClock());
    const until = new Date(Date.now() + hour * 24 * 365 * 100);
    const [one, other] = ['王'.repeat(511).concat('a'), '王'.repeat(511).concat('b')];
    expect(await keys.claim('acme', one, 'f', until)).toBe('new');
    expect(await keys.claim('acme', other, 'g', until)).toBe('new');
    expect(await keys.claim('acme', one, 'f', until)).toBe('same');
  });
});
