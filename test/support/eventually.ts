import { vi } from 'vitest';

/** Longer than a busy machine takes for anything that is waited for, and shorter than a test may take. */
const timeout = 60_000;

/**
 * Waits until a check holds, however long a busy machine takes.
 * @returns what the check returns
 * @throws what it threw last
 */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return await vi.waitFor(check, { timeout, interval: 10 });
}
