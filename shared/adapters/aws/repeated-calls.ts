import type { CallOptions } from '#ports/key-provider.ts';
import { throwIfUnwanted, whileWanted } from '../call-limits.ts';
import { backoffMilliseconds, type Waiting } from './backoff.ts';

/** What the SDK is told of a request beside its content. */
export interface RequestOptions {
  abortSignal: AbortSignal;
}

/** What becomes of a call of which one request failed. */
export interface Verdict {
  /** What the caller hears if it ends here. */
  failure: unknown;
  /** Whether another request may succeed, and does no harm. */
  again: boolean;
}

export interface CallTimes {
  /** How long a call may take with all its repetitions, where its caller names no deadline; in milliseconds. */
  callMilliseconds: number;
  /** How long one request may take before it is given up and, if it may be, repeated; in milliseconds. */
  requestMilliseconds: number;
}

/**
 * Sends requests to an AWS service, and sends them again after a while where they failed in a way that passes, as long as
 * time is left. The SDK's own repetitions are to be off: they know nothing of the time that a caller has.
 */
export class RepeatedCalls<Client> {
  readonly #client: Client;
  readonly #times: CallTimes;
  readonly #waiting: Waiting;

  constructor(client: Client, times: CallTimes, waiting: Waiting) {
    this.#client = client;
    this.#times = times;
    this.#waiting = waiting;
  }

  /**
   * @param send begins a request; called again for each repetition
   * @param judge says what a failed request means
   * @throws the failure that `judge` names; what `send` throws before it begins anything is judged too. ProviderError
   *   `operation-cancelled` when the caller's signal is aborted while it waits
   */
  async call<T>(
    send: (client: Client, request: RequestOptions) => Promise<T>,
    options: CallOptions,
    judge: (error: unknown) => Verdict,
  ): Promise<T> {
    const end = this.#endOf(options);
    for (let repetition = 0; ; repetition++) {
      try {
        return await this.#request(send, options, end);
      } catch (error) {
        const { failure, again } = judge(error);
        const delay = backoffMilliseconds(repetition, this.#waiting.random);
        // Whoever cannot be served in time hears so now, and why, instead of waiting for nothing.
        if (!again || this.#waiting.now() + delay >= end) throw failure;
        await this.#pause(delay, options);
      }
    }
  }

  async #request<T>(
    send: (client: Client, request: RequestOptions) => Promise<T>,
    options: CallOptions,
    end: number,
  ): Promise<T> {
    const milliseconds = Math.min(end - this.#waiting.now(), this.#times.requestMilliseconds);
    // By name and not by spreading: an AbortController serves as options too, and its signal is no property of its own.
    const { signal } = options;
    const deadline = new Date(Date.now() + milliseconds);
    const limits = signal === undefined ? { deadline } : { signal, deadline };
    const controller = new AbortController();
    try {
      return await whileWanted(limits, () => send(this.#client, { abortSignal: controller.signal }));
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
    const own = this.#waiting.now() + this.#times.callMilliseconds;
    return deadline === undefined ? own : Math.min(own, deadline.getTime());
  }
}
