import { EscrowError, StoreError } from '#domain/errors.ts';

/**
 * A store's own failure (SQLite busy, disk full, no permission, closed) as the error that ports promise. It keeps the
 * vendor's error as cause, and says nothing of it.
 * @param error what was caught
 * @returns the error itself if it is one of ours, otherwise StoreError `store-unavailable`
 */
export function asStoreError(error: unknown): EscrowError {
  return error instanceof EscrowError ? error : new StoreError('store-unavailable', { cause: error });
}
