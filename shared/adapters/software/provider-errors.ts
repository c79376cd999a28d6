import { EscrowError, ProviderError } from '#domain/errors.ts';

/**
 * Runs what may fail with an error of Node's own; our own errors pass through.
 * @throws ProviderError `provider-unavailable` with the other's error as cause: a full or unreadable disk, mostly
 */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof EscrowError) throw cause;
    throw new ProviderError('provider-unavailable', { why: "the provider's folder did not answer", cause });
  }
}
