import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DynamoLedger } from '#adapters/dynamodb/ledger.ts';
import { brokenPlaces, linkOf } from '#adapters/dynamodb/ledger-chain.ts';
import type { Row } from '#adapters/dynamodb/rows.ts';
import { Table } from '#adapters/dynamodb/table.ts';
import { tables as shapes } from '#contract/tables.ts';
import type { LedgerEntry } from '#ports/ledger.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import type { Fault } from '#test/doubles/aws-json/faults.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { openedDynamoDb } from './opened-dynamodb.ts';

const entry = (requestId: string, organization = 'acme'): LedgerEntry => ({
  action: 'request-enrollment',
  organization,
  principal: 'workflow',
  outcome: 'done',
  requestId,
});

/** @param fault what is to come; an answer that never comes is waited for in real time, so for a short one */
async function openedLedger(fault?: Fault) {
  const settings = fault?.kind === 'never-answer' ? { requestMilliseconds: 200 } : {};
  const opened = await openedDynamoDb(settings);
  const { calls, tables, another } = opened;
  const clock = new ManualClock();
  const rows = async (organization = 'acme') => {
    const found: Row[] = [];
    const table = new Table(calls, tables.ledger, shapes.ledger);
    for await (const row of table.rows({ partition: organization })) found.push(row);
    return found;
  };
  return {
    ...opened,
    clock,
    ledger: new DynamoLedger(calls, tables.ledger, clock),
    theirs: new DynamoLedger(another(), tables.ledger, clock),
    rows,
    requestIds: async () => (await rows()).map((row) => linkOf(row).entry.requestId),
  };
}

describe('a writer', () => {
  it('only ever puts what is not there', async () => {
    const { ledger, requests } = await openedLedger();
    for (const id of ['r-1', 'r-2', 'r-3']) await ledger.record(entry(id));
    expect(requests()).toEqual(['PutItem', 'PutItem', 'PutItem']);
  });

  it('chains its entries of each organization, whoever else writes at the same time', async () => {
    const { ledger, theirs, rows, clock } = await openedLedger();
    const calls = Array.from({ length: 30 }, (_, index) => {
      clock.advance(1);
      return (index % 3 === 0 ? theirs : ledger).record(entry(`r-${index}`, index % 2 ? 'acme' : 'other'));
    });
    await Promise.all(calls);
    for (const organization of ['acme', 'other']) {
      expect(await rows(organization)).toHaveLength(15);
      expect(brokenPlaces(organization, await rows(organization))).toEqual([]);
    }
  });

  it('keeps its order though its clock is set back', async () => {
    const { ledger, requestIds, rows, clock } = await openedLedger();
    await ledger.record(entry('r-1'));
    clock.advance(-60_000);
    await ledger.record(entry('r-2'));
    clock.advance(120_000);
    await ledger.record(entry('r-3'));
    expect(await requestIds()).toEqual(['r-1', 'r-2', 'r-3']);
    expect(brokenPlaces('acme', await rows())).toEqual([]);
  });

  it.each<Fault>([
    { kind: 'lose-answer' },
    { kind: 'never-answer' },
    { kind: 'cut' },
    { kind: 'refuse', type: 'ProvisionedThroughputExceededException' },
    { kind: 'refuse', type: 'InternalServerError', status: 500 },
  ])('records once through a wire that fails: $kind', async (fault) => {
    const { ledger, double, requestIds, rows } = await openedLedger(fault);
    await ledger.record(entry('r-1'));
    double.faults.plan('PutItem', fault, 2);
    await ledger.record(entry('r-2'));
    await ledger.record(entry('r-3'));
    expect(await requestIds()).toEqual(['r-1', 'r-2', 'r-3']);
    expect(brokenPlaces('acme', await rows())).toEqual([]);
  });

  it('goes on in a chain of its own after an entry of which nobody knows whether it stands', async () => {
    const { ledger, double, requestIds, rows, clock } = await openedLedger();
    await ledger.record(entry('r-1'));
    clock.advance(1);
    double.faults.plan('PutItem', { kind: 'lose-answer' }, 1);
    double.faults.plan('PutItem', { kind: 'cut' });
    expect(await outcomeOf(ledger.record(entry('r-2')))).toBe('store-unavailable');
    double.faults.clear();
    clock.advance(1);
    await ledger.record(entry('r-3'));
    expect(await requestIds()).toEqual(['r-1', 'r-2', 'r-3']);
    expect(brokenPlaces('acme', await rows())).toEqual([]);
  });

  it('records what comes after one that failed', async () => {
    const { ledger, double, requestIds } = await openedLedger();
    double.faults.plan('PutItem', { kind: 'refuse', type: 'AccessDeniedException' }, 1);
    const outcomes = await Promise.all(['r-1', 'r-2'].map((id) => outcomeOf(ledger.record(entry(id)))));
    expect(outcomes).toEqual(['store-misconfigured', 'done']);
    expect(await requestIds()).toEqual(['r-2']);
  });
});

describe('whoever checks the chains', () => {
  const changeAt = (place: number, change: (row: Row) => Row[]) => (rows: Row[]) =>
    rows.flatMap((row, index) => (index === place ? change(row) : [row]));
  const bodyOf = (row: Row) => String(row['body']);
  const altered = (row: Row) => bodyOf(row).replace('"done"', '"failed"');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

  it.each<[string, (rows: Row[]) => Row[], number[]]>([
    ['altered', changeAt(1, (row) => [{ ...row, body: altered(row) }]), [1, 2]],
    [
      'altered, with a digest that fits',
      changeAt(1, (row) => [{ ...row, body: altered(row), sha256: sha256(altered(row)) }]),
      [2],
    ],
    ['left out', changeAt(1, () => []), [2]],
    ['left out, the first', changeAt(0, () => []), [1]],
    ['repeated', changeAt(1, (row) => [row, row]), [1]],
    ['moved to another place', changeAt(3, (row) => [{ ...row, record: `${row['record']}0` }]), [3]],
    [
      'of another organization',
      changeAt(3, (row) => [{ ...row, body: bodyOf(row).replace('"acme"', '"other"') }]),
      [3],
    ],
    ['no entry at all', changeAt(3, (row) => [{ ...row, body: 'x' }]), [3]],
  ])('finds where an entry was %s', async (_, tamper, broken) => {
    const { ledger, rows } = await openedLedger();
    for (const id of ['r-1', 'r-2', 'r-3', 'r-4']) await ledger.record(entry(id));
    const whole = await rows();
    expect(brokenPlaces('acme', whole)).toEqual([]);
    const places = broken.map((place) => expect.stringContaining(String(whole[place]?.['record'])));
    expect(brokenPlaces('acme', tamper(whole))).toEqual(places);
  });
});
