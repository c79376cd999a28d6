import { type CodeOf, type ErrorCode, errorTable } from './error-codes.ts';

/** What is wrong with one field, and what to do. Never the value that was sent. */
export interface FieldIssue {
  field: string;
  why: string;
  next: string;
}

/** What an error may say beyond its code. None of it may hold a secret, or a value that a caller sent. */
export interface ErrorDetails {
  /** The field or file at fault. */
  field?: string;
  /** Every field at fault, where there are several; the first one is also named in `field`. */
  issues?: readonly FieldIssue[];
  /** Why, in plain words that follow the field's name; replaces the code's general meaning. */
  why?: string;
  /** What to do next, in place of the code's general advice. */
  next?: string;
  /** Whom to ask. */
  contact?: string;
  /** The policy rules that decided. */
  rules?: readonly string[];
  /** The version of the policy that they are of; for the record, and told to nobody else. */
  policyVersion?: string;
  /** How long the other side asked to be left alone. */
  retryAfterSeconds?: number;
  /** What was asked may be done all the same: the answer was lost. For the record, and told to nobody else. */
  mayStand?: boolean;
  cause?: unknown;
}

/** An error that may reach a caller: a stable code, a plain sentence, a next step. */
export class EscrowError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly next: string;
  readonly retryable: boolean;
  readonly details: Readonly<ErrorDetails>;

  constructor(code: C, details: ErrorDetails = {}) {
    const known = errorTable[code];
    const sentence = details.why ?? known.meaning;
    const message = details.field !== undefined ? `${details.field}: ${sentence}` : sentence;
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.next = details.next ?? known.next;
    this.retryable = known.retry;
    this.details = details;
  }
}

export class InputError extends EscrowError<CodeOf<'input'>> {}
export class LimitError extends EscrowError<CodeOf<'limit'>> {}
export class AccessError extends EscrowError<CodeOf<'access'>> {}
export class LockError extends EscrowError<CodeOf<'lock'>> {}
export class PolicyError extends EscrowError<CodeOf<'policy'>> {}
export class StateError extends EscrowError<CodeOf<'state'>> {}
export class PfxError extends EscrowError<CodeOf<'pfx'>> {}
export class ProofError extends EscrowError<CodeOf<'proof'>> {}
export class ProviderError extends EscrowError<CodeOf<'provider'>> {}
export class StoreError extends EscrowError<CodeOf<'store'>> {}
export class WebhookError extends EscrowError<CodeOf<'webhook'>> {}
export class SetUpError extends EscrowError<CodeOf<'set-up'>> {}
/** What a program that speaks to the service met on the way there. */
export class ConnectionError extends EscrowError<CodeOf<'connection'>> {}
export class InternalError extends EscrowError<CodeOf<'internal'>> {}

/** The error as it is, if it is one of ours; otherwise an `internal` one that keeps it as cause and says nothing of it. */
export function asEscrowError(error: unknown): EscrowError {
  return error instanceof EscrowError ? error : new InternalError('internal', { cause: error });
}
