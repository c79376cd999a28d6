import { ProviderError } from '#domain/errors.ts';
import type { CallOptions } from '#ports/key-provider.ts';

/**
 * Does something for a caller who may give up waiting for it. The work itself is not interrupted: what it makes after the
 * caller left is undone.
 * @param start begins the work; not called for a caller who has given up already
 * @param undo takes back what came too late: erases a secret, destroys a key
 * @param inTurn runs the work together with its undoing, where another's work must not come between the two
 * @throws ProviderError `operation-cancelled` when the caller's signal is aborted, `provider-unavailable` when the
 *   deadline passes; otherwise what the work throws
 */
export async function whileWanted<T>(
  options: CallOptions | undefined,
  start: () => Promise<T>,
  undo: (late: T) => unknown = () => undefined,
  inTurn: (work: () => Promise<T>) => Promise<T> = (work) => work(),
): Promise<T> {
  if (options?.signal === undefined && options?.deadline === undefined) return await inTurn(start);
  throwIfUnwanted(options);
  const { promise: leaving, reject: leave } = Promise.withResolvers<never>();
  let givenUp = false;
  const stop = onGivingUp(options, (error) => {
    givenUp = true;
    leave(error);
  });
  const work = inTurn(async () => {
    // Who gave up while others had their turn gets nothing begun.
    if (givenUp) return await leaving;
    const made = await start();
    // From here on it is the caller's: nobody gives up what has arrived.
    stop();
    if (givenUp) await undo(made);
    return made;
  });
  // Who gave up hears no more of it, not even that the undoing failed.
  work.catch(() => {});
  try {
    return await Promise.race([work, leaving]);
  } finally {
    stop();
  }
}

/**
 * Calls back once when a caller gives up.
 * @returns ends the watch
 */
export function onGivingUp(
  options: CallOptions | undefined,
  giveUp: (error: ProviderError) => void,
): () => void {
  const { signal, deadline } = options ?? {};
  const cancelled = () => giveUp(cancelledError());
  const timer = deadline === undefined ? undefined : setTimeout(() => giveUp(tooLate()), timeLeft(deadline));
  signal?.addEventListener('abort', cancelled, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancelled);
  };
}

/** @throws ProviderError as `whileWanted`, if the caller has given up already */
export function throwIfUnwanted({ signal, deadline }: CallOptions): void {
  if (signal?.aborted === true) throw cancelledError();
  if (deadline !== undefined && timeLeft(deadline) <= 0) throw tooLate();
}

/** Milliseconds until a deadline, as far as a timer can count them. */
export function timeLeft(deadline: Date): number {
  return Math.min(deadline.getTime() - Date.now(), 2 ** 31 - 1);
}

function cancelledError(): ProviderError {
  return new ProviderError('operation-cancelled');
}

function tooLate(): ProviderError {
  return new ProviderError('provider-unavailable', {
    why: 'the key provider did not answer in the time that the caller had',
  });
}
