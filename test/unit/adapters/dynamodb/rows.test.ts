import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { bytesOf, itemOf, numberOf, type Row, rowOf, sizeOf, textOf } from '#adapters/dynamodb/rows.ts';
import { Table } from '#adapters/dynamodb/table.ts';
import { tables as shapes } from '#contract/tables.ts';
import { InternalError } from '#domain/errors.ts';
import { enrollmentRecord, nextVersion } from '#test/contract/records.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { openedDynamoDb } from './opened-dynamodb.ts';

const values = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.uint8Array());

describe('a row', () => {
  it('is what it was, once it went through the API’s own form', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), values), (row) => {
        expect(rowOf(itemOf(row))).toEqual(row);
      }),
    );
  });

  it('gives each attribute as the type it was written in, or says that stored data changed', () => {
    const row: Row = { text: 'a', number: 2, bytes: Uint8Array.of(3) };
    expect([textOf(row, 'text'), numberOf(row, 'number'), bytesOf(row, 'bytes')]).toEqual([
      'a',
      2,
      Uint8Array.of(3),
    ]);
    for (const read of [
      () => textOf(row, 'number'),
      () => numberOf(row, 'text'),
      () => bytesOf(row, 'none'),
      () => rowOf({ list: { L: [] } }),
    ]) {
      expect(read).toThrow(InternalError);
    }
  });

  it('counts bytes and not characters', () => {
    expect(sizeOf({ record: 'ö王', bytes: new Uint8Array(10), n: 1 })).toBe(6 + 5 + 5 + 10 + 1 + 21);
  });
});

describe('the largest record', () => {
  const room = (row: Row) => 400 * 1_024 - sizeOf(row);

  it('is taken by the table to its last byte, and one larger is refused before it is sent', async () => {
    const { calls, tables, requests } = await openedDynamoDb();
    const table = new Table(calls, tables.documents, shapes.documents);
    const row = { organization: 'acme', record: 'csr#ü', bytes: new Uint8Array() };
    const put = (bytes: number) =>
      outcomeOf(
        table.put({ ...row, bytes: new Uint8Array(bytes) }, { expression: 'attribute_not_exists(#record)' }),
      );
    expect(await put(room(row))).toBe('done');
    expect(requests()).toEqual(['PutItem']);
    expect(await put(room(row) + 1)).toBe('record-too-large');
    expect(requests()).toEqual([]);
  });

  it('is never outgrown by an aggregate: the one before stays', async () => {
    const { calls, tables, requests } = await openedDynamoDb();
    const registry = new DynamoRegistry(calls, tables.aggregates, new ManualClock());
    const first = enrollmentRecord('e-1');
    await registry.create(first);
    const grown = nextVersion(first, { requestFingerprint: 'x'.repeat(410_000) });
    requests();
    expect(await outcomeOf(registry.replace(grown, { version: 1, states: ['accepted'] }))).toBe(
      'record-too-large',
    );
    expect(requests()).toEqual([]);
    expect(await registry.read('enrollment', 'acme', 'e-1')).toEqual(first);
  });
});
