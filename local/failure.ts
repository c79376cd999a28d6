import { asEscrowError, type EscrowError, StoreError } from '#domain/errors.ts';
import { errorNumber, fileError } from '#domain/plain-words.ts';

/** What SQLite's result codes (sqlite.org/rescode.html) mean to whoever chose the data folder. */
const databaseTroubles: Readonly<Record<number, { why: string; next: string }>> = {
  8: {
    why: 'its database cannot be written',
    next: 'Check whose the folder is, or name another with --data.',
  },
  10: { why: 'the disk failed to read or write', next: 'Check the disk, then run the same again.' },
  11: { why: 'its database is damaged', next: 'Put back a copy, or name a new folder with --data.' },
  13: { why: 'the disk is full', next: 'Make room, then run the same again: it continues.' },
  14: {
    why: 'its database cannot be opened',
    next: 'Check whose the folder is, or name another with --data.',
  },
  26: {
    why: 'what stands there is no database',
    next: 'Put back a copy, or name another folder with --data.',
  },
};

/** Node's names of what goes wrong on a network: no file is at fault. */
const ofNetwork = /^(?:ECONN(?:REFUSED|RESET|ABORTED)|E(?:HOST|NET)UNREACH|ENOTFOUND|ETIMEDOUT)$/;

const vague = ['internal', 'store-unavailable', 'provider-unavailable'];

/**
 * What stopped the work, to the person at this machine: where a port says no more than that something did not answer, the
 * reason that the file system or SQLite gave is looked up among the causes. It is said in our words: theirs may quote what they
 * were about.
 * @param folders the output and the data folder as they were named
 */
export function explainFailure(thrown: unknown, folders: { out: string; data: string }): EscrowError {
  const error = asEscrowError(thrown);
  // Which names what is at fault says enough.
  if (!vague.includes(error.code) || error.details.field !== undefined) return error;
  for (const cause of causesOf(error)) {
    const number = errorNumber(cause);
    if (number !== undefined && ofNetwork.test(number)) return error;
    if (number !== undefined) return fileError(pathOf(cause) ?? `${folders.out} or ${folders.data}`, cause);
    const trouble = databaseTroubles[resultCodeOf(cause)];
    if (trouble !== undefined)
      return new StoreError('store-unavailable', { field: folders.data, ...trouble, cause });
  }
  return error;
}

/** The kind of the error that an `internal` one hides, as in `TypeError ERR_INVALID_ARG_TYPE`; it names no data. */
export function kindOfCause(error: EscrowError): string {
  const cause = causesOf(error).at(-1);
  if (!(cause instanceof Error)) return 'unknown';
  return 'code' in cause && typeof cause.code === 'string' ? `${cause.name} ${cause.code}` : cause.name;
}

function causesOf(error: Error): unknown[] {
  const { cause } = error;
  if (cause === undefined) return [];
  return cause instanceof Error ? [cause, ...causesOf(cause)] : [cause];
}

function pathOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'path' in cause && typeof cause.path === 'string' ? cause.path : undefined;
}

/** The primary result code of an error of `node:sqlite`; -1 of any other. */
function resultCodeOf(cause: unknown): number {
  const extended = cause instanceof Error && 'errcode' in cause ? cause.errcode : undefined;
  return typeof extended === 'number' ? extended & 0xff : -1;
}
