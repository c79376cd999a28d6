import type { ErrorCode } from '#domain/error-codes.ts';
import type { EscrowError } from '#domain/errors.ts';
import { isLoss, providerError, returnValueOf } from './errors.ts';

/** What a try on the token showed; `clear` is whether the answer leaves no doubt why it failed. */
export type Attempt<T> = { works: true; value: T } | { works: false; why: string; clear: boolean };

const inabilities: ReadonlySet<ErrorCode> = new Set([
  'provider-incapable',
  'key-not-exportable',
  'wrapped-key-invalid',
  // That the user may not do it (CKR_FUNCTION_REJECTED) does not pass by being tried again.
  'provider-access-denied',
]);

/**
 * Tries whether the token can do something. What fails for no clear reason (CKR_FUNCTION_FAILED, a vendor's own return value)
 * is tried once more, and then taken for an inability.
 * @throws what is no inability as it came: the loss of the token, a stale handle, no session or memory left
 */
export async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  const first = await once(work);
  return first.works || first.clear ? first : once(work);
}

/** One way to do something, in words. */
export interface Way<T> {
  words: string;
  work: () => Promise<T>;
}

/** Tries the ways one after another. @returns what the first that works gives; else why each of them does not */
export async function firstThatWorks<T>(
  ways: readonly Way<T>[],
): Promise<{ words: string; value: T } | { failures: string[] }> {
  const failures: string[] = [];
  for (const { words, work } of ways) {
    const tried = await attempt(work);
    if (tried.works) return { words, value: tried.value };
    failures.push(`${words}: ${tried.why}`);
  }
  return { failures };
}

async function once<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { works: true, value: await work() };
  } catch (thrown) {
    const error = providerError(thrown);
    const clear = inabilities.has(error.code);
    if (!clear && !isUnclear(error)) throw thrown;
    return { works: false, why: reasonOf(error), clear };
  }
}

function isUnclear(error: EscrowError): boolean {
  const returnValue = returnValueOf(error.details.cause);
  return (
    error.code === 'provider-unavailable' &&
    returnValue !== undefined &&
    !returnValue.endsWith('_MEMORY') &&
    !isLoss(error)
  );
}

/** Why it failed, as the token puts it; else as we do. */
function reasonOf(error: EscrowError): string {
  return returnValueOf(error.details.cause) ?? error.message;
}
