import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { aggregateRow } from '#adapters/dynamodb/aggregate-row.ts';
import { openDynamoDb } from '#adapters/dynamodb/calls.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { itemOf } from '#adapters/dynamodb/rows.ts';
import { type DynamoDouble, startDynamoDouble } from '#test/doubles/dynamodb/dynamodb-double.ts';
import { openCountedWire } from '../aws/counted-wire.ts';
import { DynamoUnits } from '../aws/dynamodb-units.ts';
import type { Report } from '../result.ts';
import { oldEnrollment, organization } from './enrollments.ts';
import { type LookUp, lookUps } from './look-ups.ts';

const few = 1_000;
const many = 20_000;
/** Look-ups of each kind: what one takes depends on which records it finds, by half a unit or so. */
const times = 50;

/** Tells what each look-up takes of Amazon DynamoDB's capacity, among few enrollments and among many. */
export async function lookUpsOnDynamoDb(report: Report): Promise<void> {
  const amongFew = await measured(report, few);
  const amongMany = await measured(report, many);
  for (const lookUp of lookUps) {
    const taken = amongMany.get(lookUp.name) ?? Number.NaN;
    report.result({
      ...{ name: `registry-capacity-${lookUp.name}`, value: taken, low: taken, high: taken },
      ...{ runs: times, unit: 'read units', reach: 'none' },
      yardstick:
        `${amongFew.get(lookUp.name)} among ${few} enrollments, here among ${many}; mean of request units, which the stand-in ` +
        `(dynalite 4) counts by the sizes of the records as DynamoDB does, and nobody else; ${lookUp.does}`,
    });
  }
}

async function measured(report: Report, among: number): Promise<Map<string, number>> {
  const double = await startDynamoDouble();
  const units = new DynamoUnits(double.tables);
  const wire = await openCountedWire(double.endpoint, units);
  try {
    report.message(`registry: filling a stand-in for DynamoDB with ${among} enrollments`);
    await fill(double, among);
    Object.assign(process.env, { ...double.environment, AWS_ENDPOINT_URL_DYNAMODB: wire.endpoint });
    const registry = new DynamoRegistry(openDynamoDb(), double.tables.aggregates, { now: () => new Date() });
    const taken = new Map<string, number>();
    for (const lookUp of lookUps) taken.set(lookUp.name, await meanUnits(lookUp, registry, among, units));
    units.take();
    await registry.counts(organization);
    report.message(`registry: counting all ${among} takes ${units.take().reads} read units`);
    return taken;
  } finally {
    await wire.close();
    await double.close();
  }
}

async function meanUnits(
  { name, ask, finds }: LookUp,
  registry: DynamoRegistry,
  among: number,
  units: DynamoUnits,
): Promise<number> {
  units.take();
  for (let chance = 0; chance < times; chance++) {
    const found = await ask(registry, among, chance);
    if (found !== finds) throw new Error(`${name} found ${found} of ${finds} among ${among}`);
  }
  return Number((units.take().reads / times).toPrecision(4));
}

async function fill({ endpoint, tables, environment }: DynamoDouble, count: number): Promise<void> {
  Object.assign(process.env, environment);
  const client = new DynamoDBClient({ endpoint });
  const perRequest = 25;
  for (let first = 0; first < count; first += perRequest) {
    const items = Array.from({ length: Math.min(perRequest, count - first) }, (_, index) => {
      const record = oldEnrollment(first + index);
      return { PutRequest: { Item: itemOf(aggregateRow(record, record.requestedAt)) } };
    });
    await client.send(new BatchWriteItemCommand({ RequestItems: { [tables.aggregates]: items } }));
  }
  client.destroy();
}
