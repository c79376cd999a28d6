import type { CodeOf } from '#domain/error-codes.ts';
import { EscrowError, InternalError, ProviderError, StoreError } from '#domain/errors.ts';
import {
  type CommonCode,
  causeOf,
  clockCorrected,
  deniedAction,
  type Effect,
  type Meaning,
  meaningOf,
  type ServiceName,
} from './sdk-errors.ts';

/** An AWS service that keeps or carries something for us, and what the errors of its own mean. */
export interface StoreService extends ServiceName {
  /** By the names that the service's API reference gives them. */
  meanings: Readonly<Record<string, Meaning<CodeOf<'store'>>>>;
}

/** What is said of every AWS service, of one behind a store. What it refuses as malformed is a fault of ours. */
const storeCodes: Readonly<Record<CommonCode, CodeOf<'store'> | 'internal'>> = {
  'provider-busy': 'store-unavailable',
  'provider-unavailable': 'store-unavailable',
  'provider-access-denied': 'store-misconfigured',
  'provider-misconfigured': 'store-misconfigured',
  'provider-incapable': 'internal',
};

/**
 * An error of the SDK, or of what is done before a request leaves, as the error that ports promise: StoreError
 * `store-unavailable` for what may pass, `store-misconfigured` where a table, a region, credentials or a permission is
 * missing, `internal` for what the service refused as malformed. It says nothing of what was sent.
 */
export function storeError(error: unknown, service: StoreService): EscrowError {
  if (error instanceof ProviderError) return fromProvider(error, service);
  if (error instanceof EscrowError) return error;
  const { code, effect: _, ...details } = meaningOf(error, service, service.meanings);
  const denied = code === 'provider-access-denied' ? deniedAction(error, service) : {};
  return ofCode(codeOf(code), { ...details, ...denied, cause: causeOf(error) });
}

/** What a request did that failed with this error. */
export function storeEffectOf(error: unknown, service: StoreService): Effect {
  if (error instanceof ProviderError) return error.code === 'provider-unavailable' ? 'unknown' : 'final';
  if (error instanceof EscrowError) return error.code === 'store-unavailable' ? 'unknown' : 'final';
  return clockCorrected(error) ? 'none' : meaningOf(error, service, service.meanings).effect;
}

/** What was refused before it left (`refusePlainHttp`), or given up by the time-out of one request. */
function fromProvider(error: ProviderError, { name }: StoreService): EscrowError {
  if (error.code !== 'provider-unavailable')
    return isCommon(error.code) ? ofCode(storeCodes[error.code], error.details) : error;
  return new StoreError('store-unavailable', { why: `${name} did not answer in time` });
}

function codeOf(code: CommonCode | CodeOf<'store'>): CodeOf<'store'> | 'internal' {
  return isCommon(code) ? storeCodes[code] : code;
}

function isCommon(code: string): code is CommonCode {
  return Object.hasOwn(storeCodes, code);
}

function ofCode(code: CodeOf<'store'> | 'internal', details: StoreError['details']): EscrowError {
  return code === 'internal' ? new InternalError(code, details) : new StoreError(code, details);
}
