import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import { asEscrowError, EscrowError, InternalError } from '#domain/errors.ts';
import { isLoss } from '../errors.ts';
import type { PlainError } from './calls.ts';

/** What a token's library said, kept as the cause of an error of ours. */
export class TokenLibraryError extends Error {
  override name = 'TokenLibraryError';
}

/** The error of a call told as plain data. A stack is not told: it is that of another process. */
export function toPlainError(thrown: unknown): PlainError {
  const { code, details } = asEscrowError(thrown);
  const { field, why, next, cause } = details;
  return {
    code,
    ...(field !== undefined && { field }),
    ...(why !== undefined && { why }),
    ...(next !== undefined && { next }),
    ...(cause instanceof Error && { cause: `${cause.name}: ${cause.message}` }),
    lost: isLoss(cause),
  };
}

/** The error as it is thrown on this side. */
export function fromPlainError({ code, lost: _, cause, ...details }: PlainError): EscrowError {
  const known = { ...details, ...(cause !== undefined && { cause: new TokenLibraryError(cause) }) };
  return isErrorCode(code) ? new EscrowError(code, known) : new InternalError('internal', known);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}
