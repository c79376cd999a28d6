import type { CodeOf } from '#domain/error-codes.ts';
import { type EscrowError, ProviderError } from '#domain/errors.ts';
import type { CallOptions } from '#ports/key-provider.ts';
import { realWaiting, type Waiting } from '../aws/backoff.ts';
import { RepeatedCalls, type RequestOptions } from '../aws/repeated-calls.ts';
import { whileWanted } from '../call-limits.ts';
import type { Kms } from './client.ts';
import { effectOf, isKmsError, kmsError } from './errors.ts';

export interface CallRules {
  /** Whether the call may have been done when it is repeated; `true` if not given. A key made twice is one too many. */
  repeatable?: boolean;
  /** The key was made moments ago, and may not have arrived everywhere yet (Developer Guide, "Eventual consistency"). */
  fresh?: boolean;
  /** What an error means to this call, in place of its general meaning. */
  meanings?: Readonly<Record<string, CodeOf<'provider'>>>;
}

/** How long one request may take before it is given up and, if it may be, repeated; in milliseconds. */
const requestMilliseconds = 10_000;

/**
 * The one way to AWS KMS: every request of the adapter goes through `call`, which waits, repeats, gives up and turns the
 * SDK's errors into ours. The SDK's own repetitions are off: they know nothing of the time that a caller has left.
 */
export class KmsCalls {
  readonly #kms: Kms;
  readonly #repeated: RepeatedCalls<Kms>;
  readonly #unfinished = new Set<Promise<unknown>>();
  #closing = false;
  #closed = false;

  /** @param milliseconds how long a call may take with all its repetitions, where its caller names no deadline */
  constructor(kms: Kms, milliseconds: number, waiting: Waiting = realWaiting) {
    this.#kms = kms;
    this.#repeated = new RepeatedCalls(kms, { callMilliseconds: milliseconds, requestMilliseconds }, waiting);
  }

  /**
   * Sends a request, and sends it again after a while where it failed in a way that passes, as long as time is left.
   * @param send begins the request; called again for each repetition
   * @throws ProviderError as `kmsError`; `operation-cancelled` when the caller's signal is aborted; `provider-unavailable`
   *   when time runs out, or once closed
   */
  async call<T>(
    send: (kms: Kms, request: RequestOptions) => Promise<T>,
    options: CallOptions = {},
    rules: CallRules = {},
  ): Promise<T> {
    const judge = (error: unknown) => {
      const failure = kmsError(error, rules.meanings);
      return { failure, again: !this.#closed && mayRepeat(error, failure, rules) };
    };
    const sendWhileOpen = (kms: Kms, request: RequestOptions) => {
      if (this.#closed) throw closedError();
      return send(kms, request);
    };
    return await this.#repeated.call(sendWhileOpen, options, judge);
  }

  /**
   * Does work that is finished or undone even when its caller has left. `close` waits for it.
   * @param undo takes back what came too late
   * @param inTurn as for `whileWanted`
   * @throws as `whileWanted`
   */
  async whole<T>(
    options: CallOptions | undefined,
    work: () => Promise<T>,
    undo: (late: T) => unknown,
    inTurn: (work: () => Promise<T>) => Promise<T> = (each) => each(),
  ): Promise<T> {
    if (this.#closing) throw closedError();
    return await whileWanted(options, work, undo, (each) => this.#tracked(inTurn(each)));
  }

  /** Waits for work that was left, and lets go of the connections. */
  async close(): Promise<void> {
    this.#closing = true;
    while (this.#unfinished.size > 0) await Promise.allSettled(this.#unfinished);
    this.#closed = true;
    this.#kms.destroy();
  }

  async #tracked<T>(work: Promise<T>): Promise<T> {
    this.#unfinished.add(work);
    try {
      return await work;
    } finally {
      this.#unfinished.delete(work);
    }
  }
}

function mayRepeat(
  error: unknown,
  { code }: EscrowError,
  { repeatable = true, fresh = false, meanings }: CallRules,
): boolean {
  const unseen = isKmsError(error, 'NotFoundException') || isKmsError(error, 'KMSInvalidStateException');
  // A key that somebody destroys does not come into being by waiting.
  if (fresh && unseen && code !== 'key-pending-deletion') return true;
  const effect = effectOf(error, meanings);
  return effect === 'none' || (effect === 'unknown' && repeatable);
}

function closedError(): ProviderError {
  return new ProviderError('provider-unavailable', { why: 'the key provider was closed' });
}
