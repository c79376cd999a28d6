import { expect } from 'vitest';
import type { ErrorCode } from '#domain/error-codes.ts';
import { EscrowError } from '#domain/errors.ts';
import type { LedgerEntry } from '#ports/ledger.ts';
import type { MemoryLedger } from '#test/doubles/memory-ledger.ts';

/** The error that something throws, which must be one of ours. */
export async function thrownBy(act: () => Promise<unknown>): Promise<EscrowError> {
  const thrown: unknown = await act().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof EscrowError) return thrown;
  throw new TypeError('it was not refused by an error of ours', { cause: thrown });
}

/**
 * Expects that a use case fails with a code after it was recorded as done, and leaves a second record that says so.
 * @param takesBack whether that one says that nothing was done; it does not where that is not known
 */
export async function expectFailedAfterRecord(
  { dependencies: { ledger } }: { dependencies: { ledger: MemoryLedger } },
  code: ErrorCode,
  act: () => Promise<unknown>,
  takesBack: boolean,
): Promise<EscrowError> {
  const before = ledger.entries.length;
  const error = await thrownBy(act);
  expect(error.code).toBe(code);
  const [early, late, ...more] = ledger.entries.slice(before);
  const outcome = error.retryable ? 'failed' : 'refused';
  expect(more).toEqual([]);
  expect(early).toMatchObject({ action: late?.action, outcome: 'done' });
  expect(late).toMatchObject({ code, outcome });
  expect(late?.takesBack).toBe(takesBack ? `led_${before + 1}` : undefined);
  return error;
}

/** Expects that a use case refuses (or fails) with a code, and leaves one record of it that says so. */
export async function expectRefused(
  { dependencies: { ledger } }: { dependencies: { ledger: MemoryLedger } },
  code: ErrorCode,
  act: () => Promise<unknown>,
  record: Partial<LedgerEntry> = {},
): Promise<EscrowError> {
  const before = ledger.entries.length;
  const error = await thrownBy(act);
  expect(error.code).toBe(code);
  const outcome = error.retryable ? 'failed' : 'refused';
  expect(ledger.entries.slice(before)).toEqual([expect.objectContaining({ code, outcome, ...record })]);
  return error;
}
