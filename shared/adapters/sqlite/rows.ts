import type { SQLOutputValue } from 'node:sqlite';
import { InternalError } from '#domain/errors.ts';

/** One row of a result, by column name. */
export type Row = Record<string, SQLOutputValue>;

/**
 * A TEXT column. The tables are STRICT, so another type means a wrong query and no damaged data.
 * @throws InternalError `internal` if the column is absent or of another type
 */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw wrongType(column);
  return value;
}

/** An INTEGER column. @throws InternalError `internal` if it is absent or of another type */
export function integerOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw wrongType(column);
  return value;
}

/** A BLOB column. @throws InternalError `internal` if it is absent or of another type */
export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw wrongType(column);
  return value;
}

function wrongType(column: string): InternalError {
  return new InternalError('internal', {
    cause: `column ${column} is not of the type that the query expects`,
  });
}
