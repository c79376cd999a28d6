import type { KMS } from '@aws-sdk/client-kms';
import type { CodeOf } from '#domain/error-codes.ts';
import { type EscrowError, ProviderError } from '#domain/errors.ts';
import type { CallOptions } from '#ports/key-provider.ts';
import { throwIfUnwanted, whileWanted } from '../call-limits.ts';
import { backoffMilliseconds, realWaiting, type Waiting } from './backoff.ts';
import { effectOf, isKmsError, kmsError } from './errors.ts';

/** What the SDK is told of a request beside its content. */
export interface RequestOptions {
  abortSignal: AbortSignal;
}

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
  readonly #kms: KMS;
  readonly #milliseconds: number;
  readonly #waiting: Waiting;
  readonly #unfinished = new Set<Promise<unknown>>();
  #closing = false;
  #closed = false;

  /** @param milliseconds how long a call may take with all its repetitions, where its caller names no deadline */
  constructor(kms: KMS, milliseconds: number, waiting: Waiting = realWaiting) {
    this.#kms = kms;
    this.#milliseconds = milliseconds;
    this.#waiting = waiting;
  }

  /**
   * Sends a request, and sends it again after a while where it failed in a way that passes, as long as time is left.
   * @param send begins the request; called again for each repetition
   * @throws ProviderError as `kmsError`; `operation-cancelled` when the caller's signal is aborted; `provider-unavailable`
   *   when time runs out, or once closed
   */
  async call<T>(
    send: (kms: KMS, request: RequestOptions) => Promise<T>,
    options: CallOptions = {},
    rules: CallRules = {},
  ): Promise<T> {
    const end = this.#endOf(options);
    for (let repetition = 0; ; repetition++) {
      if (this.#closed) throw closedError();
      try {
        return await this.#request(send, options, end);
      } catch (error) {
        const failure = kmsError(error, rules.meanings);
        const delay = backoffMilliseconds(repetition, this.#waiting.random);
        // Whoever cannot be served in time hears so now, and why, instead of waiting for nothing.
        if (!mayRepeat(error, failure, rules) || this.#waiting.now() + delay >= end) throw failure;
        await this.#pause(delay, options);
      }
    }
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

  async #request<T>(
    send: (kms: KMS, request: RequestOptions) => Promise<T>,
    options: CallOptions,
    end: number,
  ): Promise<T> {
    const milliseconds = Math.min(end - this.#waiting.now(), requestMilliseconds);
    // By name and not by spreading: an AbortController serves as options too, and its signal is no property of its own.
    const { signal } = options;
    const deadline = new Date(Date.now() + milliseconds);
    const limits = signal === undefined ? { deadline } : { signal, deadline };
    const controller = new AbortController();
    try {
      return await whileWanted(limits, () => send(this.#kms, { abortSignal: controller.signal }));
    } finally {
      // Nobody waits for the request any more: done, failed or given up.
      controller.abort();
    }
  }

  async #pause(milliseconds: number, { signal }: CallOptions): Promise<void> {
    try {
      await this.#waiting.sleep(milliseconds, signal);
    } catch (error) {
      throwIfUnwanted(signal === undefined ? {} : { signal });
      throw error;
    }
  }

  #endOf({ deadline }: CallOptions): number {
    const own = this.#waiting.now() + this.#milliseconds;
    return deadline === undefined ? own : Math.min(own, deadline.getTime());
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
