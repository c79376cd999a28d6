import { describe, expect, it } from 'vitest';
import { tableNames } from '#contract/tables.ts';
import { nameTables } from '#test/doubles/dynamodb/dynamodb-double.ts';
import { DynamoUnits } from '../../../bench/aws/dynamodb-units.ts';

const names = nameTables('t');

/** A record of the aggregates whose indexes have entries, and which is as long as is asked for. */
function aggregate(state: string, size: number) {
  return {
    organization: { S: 'acme' },
    record: { S: 'enrollment#e' },
    stateKey: { S: `acme#${state}#encryption` },
    subscriberKey: { S: 'acme#ada' },
    json: { S: 'x'.repeat(size) },
  };
}

function opened() {
  const units = new DynamoUnits(names);
  const call = (operation: string, request: object, answer: object = {}, status = 200) => {
    const asked = Buffer.from(JSON.stringify(request));
    units.answered({ operation, request: asked, status, response: Buffer.from(JSON.stringify(answer)) });
    return units.take();
  };
  const put = (item: object, status = 200, table: keyof typeof names = 'aggregates') =>
    call('PutItem', { TableName: names[table], Item: item }, {}, status).writes;
  return { units, call, put };
}

describe('write units', () => {
  it('are one for each kilobyte of a new record, and one for each index that gets an entry', () => {
    expect(opened().put(aggregate('accepted', 100))).toBe(1 + 2);
    expect(opened().put(aggregate('accepted', 1_100))).toBe(2 + 2);
  });

  it('go by the larger of the record before and after, and leave out an index that keeps its entry', () => {
    const { put } = opened();
    put(aggregate('accepted', 2_500));
    expect(put(aggregate('accepted', 10))).toBe(3);
  });

  it('are two for an index whose key changes', () => {
    const { put } = opened();
    put(aggregate('accepted', 10));
    expect(put(aggregate('making', 10))).toBe(1 + 2);
  });

  it('are paid for a write whose condition fails, by what is there', () => {
    const { put } = opened();
    expect(put(aggregate('accepted', 5_000), 400)).toBe(1);
    put(aggregate('accepted', 2_500));
    expect(put(aggregate('making', 10), 400)).toBe(3);
    // It changed nothing.
    expect(put(aggregate('accepted', 10))).toBe(3);
  });

  it('are paid for a removal, entries of indexes included', () => {
    const { put, call } = opened();
    put(aggregate('accepted', 2_500));
    const key = { organization: { S: 'acme' }, record: { S: 'enrollment#e' } };
    const removal = { TableName: names.aggregates, Key: key };
    expect(call('DeleteItem', removal).writes).toBe(3 + 2);
    expect(call('DeleteItem', removal).writes).toBe(1);
  });

  it('count bytes as they are, not as base64', () => {
    const document = {
      organization: { S: 'acme' },
      record: { S: 'csr#e' },
      bytes: { B: Buffer.alloc(900).toString('base64') },
    };
    expect(opened().put(document, 200, 'documents')).toBe(1);
  });
});

describe('read units', () => {
  const capacity = (units: number) => ({
    ConsumedCapacity: { TableName: names.aggregates, CapacityUnits: units },
  });

  it('are what the stand-in reports, and never less than the least', () => {
    const { call } = opened();
    const get = { TableName: names.aggregates, ConsistentRead: true };
    expect(call('GetItem', get, capacity(2)).reads).toBe(2);
    expect(call('Query', { TableName: names.aggregates }, capacity(0)).reads).toBe(0.5);
    expect(call('Query', get, capacity(0)).reads).toBe(1);
    const several = { ConsumedCapacity: [capacity(3).ConsumedCapacity, capacity(4).ConsumedCapacity] };
    expect(call('BatchGetItem', { RequestItems: {} }, several).reads).toBe(7);
  });

  it('are those of the whole record, and of each index that it comes into, where attributes are set', () => {
    const { units, call } = opened();
    const item = { organization: { S: 'acme' }, record: { S: '2026' }, body: { S: 'x'.repeat(300) } };
    call('PutItem', { TableName: names.ledger, Item: item }, {});
    const { organization, record } = item;
    const update = {
      TableName: names.ledger,
      Key: { organization, record },
      UpdateExpression: 'SET #position = :position, #principalKey = :principalKey',
      ExpressionAttributeNames: { '#position': 'position', '#principalKey': 'principalKey' },
      ExpressionAttributeValues: { ':position': { S: '1' }, ':principalKey': { S: 'acme#ada' } },
    };
    expect(call('UpdateItem', update, {}).writes).toBe(2);
    // The same once more changes no index.
    expect(call('UpdateItem', update, {}).writes).toBe(1);
    expect(units.storedBytes()).toBeGreaterThan(400);
  });

  it('are asked for in each request', () => {
    const asked = opened().units.ask('GetItem', Buffer.from('{"TableName":"t"}'));
    expect(JSON.parse(asked.toString())).toEqual({ TableName: 't', ReturnConsumedCapacity: 'TOTAL' });
  });
});

it('follows every table of the service', () => {
  const written: string[] = [];
  const units = new DynamoUnits(names, ({ table }) => written.push(table));
  for (const table of tableNames) {
    const request = Buffer.from(
      JSON.stringify({ TableName: names[table], Item: { organization: { S: 'a' } } }),
    );
    units.answered({ operation: 'PutItem', request, status: 200, response: Buffer.from('{}') });
  }
  expect(written).toEqual(tableNames);
});
