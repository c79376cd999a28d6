/**
 * What a function works with, opened once and kept for all its invocations. It is begun at once, so that it is under way
 * before the first of them. An opening that failed is not kept: the next invocation tries again.
 * @returns gives what was opened; throws what the opening threw
 */
export function openedOnce<T>(open: () => Promise<T>): () => Promise<T> {
  let opening: Promise<T> | undefined;
  const opened = () => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  // Whoever asks later meets the failure; nobody does now.
  opened().catch(() => undefined);
  return opened;
}
