import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { InternalError, StoreError } from '#domain/errors.ts';

/** One record of a table, by attribute name. */
export type Row = Readonly<Record<string, string | number | Uint8Array>>;

/** Largest record, names and values of its attributes together, in bytes (Developer Guide, "Item size"). */
const largestRecord = 400 * 1_024;
/** Most bytes that a number may take (ibid., "Number"). */
const largestNumber = 21;

/** A row as the API takes it. @throws StoreError `record-too-large` for more than 400 KB: a table would refuse it */
export function itemOf(row: Row): Record<string, AttributeValue> {
  if (sizeOf(row) > largestRecord) throw new StoreError('record-too-large');
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, attributeOf(value)]));
}

/** One value as the API takes it. */
export function attributeOf(value: Row[string]): AttributeValue {
  if (typeof value === 'string') return { S: value };
  return typeof value === 'number' ? { N: String(value) } : { B: value };
}

/**
 * A row as the API gives it, from a table or its stream.
 * @throws InternalError `internal` for an attribute of a type that no record of ours has
 */
export function rowOf(item: Readonly<Record<string, AttributeValue>>): Row {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plainValue(name, value)]));
}

/** @throws InternalError `internal` if it is absent or of another type */
export function textOf(row: Row, name: string): string {
  const value = row[name];
  if (typeof value !== 'string') throw unexpected(name);
  return value;
}

/** @throws InternalError `internal` if it is absent or of another type */
export function numberOf(row: Row, name: string): number {
  const value = row[name];
  if (typeof value !== 'number') throw unexpected(name);
  return value;
}

/** @throws InternalError `internal` if it is absent or of another type */
export function bytesOf(row: Row, name: string): Uint8Array {
  const value = row[name];
  if (!(value instanceof Uint8Array)) throw unexpected(name);
  return value;
}

/** How much of the largest record a row takes, in bytes; a number counts as the longest one. */
export function sizeOf(row: Row): number {
  const sizes = Object.entries(row).map(([name, value]) => Buffer.byteLength(name) + valueSize(value));
  return sizes.reduce((sum, each) => sum + each, 0);
}

function valueSize(value: Row[string]): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return typeof value === 'number' ? largestNumber : value.byteLength;
}

function plainValue(name: string, value: AttributeValue): Row[string] {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.B !== undefined) return value.B;
  throw unexpected(name);
}

function unexpected(name: string): InternalError {
  return new InternalError('internal', {
    cause: new TypeError(`the attribute ${name} is not as it was written`),
  });
}
