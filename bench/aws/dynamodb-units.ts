import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { rowOf, sizeOf } from '#adapters/dynamodb/rows.ts';
import { type TableIndex, type TableName, type TableShape, tableNames, tables } from '#contract/tables.ts';
import type { Listener, WireCall } from './counted-wire.ts';

/** Request units, as a bill in on-demand mode has them. */
export interface Units {
  reads: number;
  writes: number;
}

/** One write as it stands then, for whoever follows a table as its stream does. */
export interface WrittenItem {
  table: TableName;
  item: Record<string, AttributeValue>;
}

const item = v.record(
  v.string(),
  v.custom<AttributeValue>((value) => typeof value === 'object'),
);
const putSchema = v.object({ TableName: v.string(), Item: item });
const updateSchema = v.object({
  TableName: v.string(),
  Key: item,
  UpdateExpression: v.string(),
  ExpressionAttributeNames: v.record(v.string(), v.string()),
  ExpressionAttributeValues: item,
});
const deleteSchema = v.object({ TableName: v.string(), Key: item });
const capacity = v.object({ TableName: v.string(), CapacityUnits: v.number() });
const askedSchema = v.looseObject({ ConsistentRead: v.optional(v.boolean(), false) });
const readSchema = v.object({
  ConsumedCapacity: v.union([capacity, v.pipe(v.array(capacity), v.minLength(1))]),
});

const writeUnit = 1_024;

/**
 * Counts what Amazon DynamoDB would bill for each call that passes to its stand-in, dynalite (Developer Guide, "DynamoDB read and
 * write operations", "Item sizes", "Write capacity considerations for global secondary indexes").
 *
 * Reads are as the stand-in reports them: it adds up the sizes of whole records, as DynamoDB does. Writes are counted here, from the
 * sizes of the records, since the stand-in leaves out the indexes: a record that was or is larger than a unit takes more of them;
 * an index entry that comes, goes or changes takes one each, and one whose key changes takes two.
 */
export class DynamoUnits implements Listener {
  readonly #names: ReadonlyMap<string, TableName>;
  readonly #items = new Map<string, Record<string, AttributeValue>>();
  readonly #written: (write: WrittenItem) => void;
  #units: Units = { reads: 0, writes: 0 };

  /**
   * @param names of the tables, as the account has them
   * @param written is told of each record that was put
   */
  constructor(names: Readonly<Record<TableName, string>>, written: (write: WrittenItem) => void = () => {}) {
    this.#names = new Map(tableNames.map((name) => [names[name], name]));
    this.#written = written;
  }

  /** What was counted since the last time. */
  take(): Units {
    const units = this.#units;
    this.#units = { reads: 0, writes: 0 };
    return units;
  }

  /** How many bytes are billed as stored: each record, and 100 bytes of its own ("Item sizes", as before). */
  storedBytes(): number {
    return [...this.#items.values()].reduce((sum, each) => sum + bytesOf(each) + 100, 0);
  }

  ask(_operation: string, request: Buffer): Buffer {
    const asked = v.parse(v.looseObject({}), JSON.parse(request.toString('utf8')));
    return Buffer.from(JSON.stringify({ ...asked, ReturnConsumedCapacity: 'TOTAL' }));
  }

  answered({ operation, request, status, response }: WireCall): void {
    const asked: unknown = JSON.parse(request.toString('utf8'));
    if (operation === 'PutItem') this.#put(asked, status === 200);
    else if (operation === 'UpdateItem') this.#update(asked, status === 200);
    else if (operation === 'DeleteItem') this.#delete(asked);
    else if (status === 200) this.#read(asked, JSON.parse(response.toString('utf8')));
  }

  #put(asked: unknown, isDone: boolean): void {
    const { TableName: name, Item: next } = v.parse(putSchema, asked);
    this.#write(name, next, isDone);
  }

  /** Attributes that are set, as in `SET #a = :a`; what is there keeps the others. */
  #update(asked: unknown, isDone: boolean): void {
    const update = v.parse(updateSchema, asked);
    const { TableName: name, Key: key, ExpressionAttributeNames: names } = update;
    const set = [...update.UpdateExpression.matchAll(/(#\w+) = (:\w+)/g)].map(
      ([, attribute = '', value = '']) =>
        [names[attribute] ?? '', update.ExpressionAttributeValues[value] ?? { NULL: true }] as const,
    );
    const [, shape] = this.#table(name);
    const before = this.#items.get(keyOf(name, shape, key)) ?? key;
    this.#write(name, { ...before, ...Object.fromEntries(set) }, isDone, () => {});
  }

  #write(
    name: string,
    next: Record<string, AttributeValue>,
    isDone: boolean,
    written: (write: WrittenItem) => void = this.#written,
  ): void {
    const [table, shape] = this.#table(name);
    const key = keyOf(name, shape, next);
    const before = this.#items.get(key);
    // A write whose condition fails is paid for by what is there, and changes no index.
    this.#units.writes += isDone ? unitsOf(before, next) : unitsOf(before);
    if (!isDone) return;
    for (const index of Object.values(shape.indexes))
      this.#units.writes += indexUnits(shape, index, before, next);
    this.#items.set(key, next);
    written({ table, item: next });
  }

  #delete(asked: unknown): void {
    const { TableName: name, Key: found } = v.parse(deleteSchema, asked);
    const [, shape] = this.#table(name);
    const key = keyOf(name, shape, found);
    const before = this.#items.get(key);
    this.#units.writes += unitsOf(before);
    for (const index of Object.values(shape.indexes))
      this.#units.writes += indexUnits(shape, index, before, undefined);
    this.#items.delete(key);
  }

  /** The least is one unit of 4 KB, or half of it where the last write may be missing. */
  #read(asked: unknown, answer: unknown): void {
    const { ConsistentRead: isConsistent } = v.parse(askedSchema, asked);
    const { ConsumedCapacity: consumed } = v.parse(readSchema, answer);
    for (const { CapacityUnits: units } of [consumed].flat()) {
      this.#units.reads += Math.max(units, isConsistent ? 1 : 0.5);
    }
  }

  #table(name: string): [TableName, TableShape] {
    const table = this.#names.get(name);
    if (table === undefined) throw new TypeError(`there is no table ${name}`);
    return [table, tables[table]];
  }
}

function keyOf(name: string, shape: TableShape, found: Record<string, AttributeValue>): string {
  return JSON.stringify([name, found[shape.partitionKey], found[shape.sortKey]]);
}

function unitsOf(...items: (Record<string, AttributeValue> | undefined)[]): number {
  const largest = Math.max(0, ...items.map((each) => (each === undefined ? 0 : bytesOf(each))));
  return Math.max(1, Math.ceil(largest / writeUnit));
}

/** Size by the names and values of the attributes. A number counts as the longest: at most some bytes too many. */
function bytesOf(found: Record<string, AttributeValue>): number {
  const withBytes = Object.entries(found).map(([name, value]) => [name, decoded(value)]);
  return sizeOf(rowOf(Object.fromEntries(withBytes)));
}

/** On the wire, bytes are base64. */
function decoded(value: AttributeValue): AttributeValue {
  const { B: bytes } = value;
  return typeof bytes === 'string' ? { B: Buffer.from(bytes, 'base64') } : value;
}

function indexUnits(
  shape: TableShape,
  index: TableIndex,
  before: Record<string, AttributeValue> | undefined,
  next: Record<string, AttributeValue> | undefined,
): number {
  const old = entryOf(shape, index, before);
  const fresh = entryOf(shape, index, next);
  if (old === undefined && fresh === undefined) return 0;
  if (old === undefined || fresh === undefined) return unitsOf(old, fresh);
  const names = [index.partitionKey, index.sortKey];
  const sameKey = names.every((name) => JSON.stringify(old[name]) === JSON.stringify(fresh[name]));
  if (!sameKey) return unitsOf(old) + unitsOf(fresh);
  return JSON.stringify(old) === JSON.stringify(fresh) ? 0 : unitsOf(old, fresh);
}

/** What an index holds of a record: nothing where one of its keys is absent. */
function entryOf(shape: TableShape, index: TableIndex, found: Record<string, AttributeValue> | undefined) {
  const keys = [index.partitionKey, index.sortKey];
  if (found === undefined || keys.some((name) => found[name] === undefined)) return undefined;
  if (index.projection === 'all') return found;
  const names = [shape.partitionKey, shape.sortKey, ...keys];
  return Object.fromEntries(Object.entries(found).filter(([name]) => names.includes(name)));
}
