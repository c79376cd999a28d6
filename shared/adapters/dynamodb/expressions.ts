import type { QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { TableShape } from '#contract/tables.ts';
import { InternalError } from '#domain/errors.ts';
import { attributeOf, type Row } from './rows.ts';

/** What must hold for what is there before it is replaced. Names are written `#name`, values `:value`. */
export interface Condition {
  expression: string;
  values?: Row;
}

/** Which rows of one partition, of the table or of an index. */
export interface Question {
  /** The name of an index, whose rows follow the table's moments later; the table itself, read as last written, if absent. */
  index?: string;
  partition: string;
  /** Bounds of the sort key. Text is compared by its UTF-8 bytes. */
  sort?: { after: string } | { before: string } | { from: string; to: string } | { beginsWith: string };
  /** Whether the last comes first. */
  descending?: boolean;
  /** How many rows a page has at most; as many as fit into 1 MB if absent. */
  pageSize?: number;
  /** Which attributes; all that are there if absent. */
  attributes?: readonly string[];
  /** What must hold for those that are given; what it costs goes by all. */
  filter?: Condition;
  /** Whether what was written within the last seconds may be missing: it costs half of what the table tells as last written. */
  mayLag?: boolean;
}

/** A condition, or the attributes that are asked for, as the API takes them. No word of it can be one that is reserved. */
export function expressed(parts: Condition | { projection: readonly string[] }) {
  if ('projection' in parts) {
    const expression = parts.projection.map((name) => `#${name}`).join(', ');
    return { ProjectionExpression: expression, ExpressionAttributeNames: namesIn(expression) };
  }
  const { expression, values = {} } = parts;
  return {
    ConditionExpression: expression,
    ExpressionAttributeNames: namesIn(expression),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: valuesOf(values) }),
  };
}

/** Attributes that a row is given under a condition, as UpdateItem takes them. */
export function updated(attributes: Row, { expression, values = {} }: Condition) {
  const update = Object.keys(attributes).map((name) => `#${name} = :${name}`);
  return {
    UpdateExpression: `SET ${update.join(', ')}`,
    ConditionExpression: expression,
    ExpressionAttributeNames: namesIn(`${update.join(' ')} ${expression}`),
    ExpressionAttributeValues: valuesOf({ ...attributes, ...values }),
  };
}

/** A question as Query takes it. */
export function questionInput(table: string, shape: TableShape, question: Question): QueryCommandInput {
  const {
    index,
    partition,
    sort,
    descending = false,
    pageSize,
    attributes,
    filter,
    mayLag = false,
  } = question;
  const { partitionKey, sortKey } = index === undefined ? shape : indexOf(shape, index);
  const bound = sort === undefined ? undefined : boundOf(sortKey, sort);
  const projection = attributes?.map((name) => `#${name}`).join(', ');
  const expression = [
    `#${partitionKey} = :partition`,
    ...(bound === undefined ? [] : [bound.expression]),
  ].join(' AND ');
  return {
    TableName: table,
    ...(index === undefined ? { ConsistentRead: !mayLag } : { IndexName: index }),
    KeyConditionExpression: expression,
    ...(projection !== undefined && { ProjectionExpression: projection }),
    ...(filter !== undefined && { FilterExpression: filter.expression }),
    ExpressionAttributeNames: namesIn(`${expression} ${projection ?? ''} ${filter?.expression ?? ''}`),
    ExpressionAttributeValues: valuesOf({ partition, ...bound?.values, ...filter?.values }),
    ScanIndexForward: !descending,
    ...(pageSize !== undefined && { Limit: pageSize }),
  };
}

function boundOf(sortKey: string, sort: NonNullable<Question['sort']>): { expression: string; values: Row } {
  if ('after' in sort) return { expression: `#${sortKey} > :after`, values: { after: sort.after } };
  if ('before' in sort) return { expression: `#${sortKey} < :before`, values: { before: sort.before } };
  if ('beginsWith' in sort) {
    return { expression: `begins_with(#${sortKey}, :start)`, values: { start: sort.beginsWith } };
  }
  return { expression: `#${sortKey} BETWEEN :from AND :to`, values: { from: sort.from, to: sort.to } };
}

function indexOf(shape: TableShape, name: string) {
  const index = shape.indexes[name];
  if (index === undefined) throw new InternalError('internal', { cause: new TypeError(`no index ${name}`) });
  return index;
}

function namesIn(expression: string): Record<string, string> {
  return Object.fromEntries(
    [...expression.matchAll(/#(\w+)/g)].map(([placeholder, name = '']) => [placeholder, name]),
  );
}

function valuesOf(values: Row) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, attributeOf(value)]));
}
