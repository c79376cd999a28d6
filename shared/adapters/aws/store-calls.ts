import { realWaiting, type Waiting } from './backoff.ts';
import { type CallTimes, RepeatedCalls, type RequestOptions, type Verdict } from './repeated-calls.ts';
import { nameOf } from './sdk-errors.ts';
import { type StoreService, storeEffectOf, storeError } from './store-errors.ts';

/**
 * What an error means that is an answer, as that of a condition which does not hold.
 * @param doubtful whether an earlier request of the same call may have been done, though its answer was lost: then what is
 *   there may be what this very call wrote
 */
export type Answer<T> = (doubtful: boolean, error: unknown) => T | Promise<T>;

export interface StoreCallRules<T> {
  /** Whether a request that may have been done may be sent again; `true` if not given. */
  repeatable?: boolean;
  /** Errors that are answers, by the names that the service's API reference gives them. */
  answers?: Readonly<Record<string, Answer<T>>>;
}

export interface StoreCallSettings extends Partial<CallTimes> {
  /** Time and chance; a test passes its own. */
  waiting?: Waiting;
}

/** Short enough for a caller who is answered within 23 seconds and makes several calls. */
const usualTimes: CallTimes = { callMilliseconds: 10_000, requestMilliseconds: 3_000 };

/**
 * The one way to an AWS service behind a store: waits, repeats, gives up and turns the SDK's errors into ours. After a call
 * that fails with `store-unavailable` a write may or may not stand, as every port says.
 */
export class StoreCalls<Client> {
  readonly #service: StoreService;
  readonly #repeated: RepeatedCalls<Client>;

  /** @param client whose own repetitions are off (`clientSettings`) */
  constructor(
    client: Client,
    service: StoreService,
    { waiting = realWaiting, ...times }: StoreCallSettings = {},
  ) {
    this.#service = service;
    this.#repeated = new RepeatedCalls(client, { ...usualTimes, ...times }, waiting);
  }

  /**
   * Sends a request, and sends it again after a while where it failed in a way that passes, as long as time is left.
   * @param send begins the request; called again for each repetition
   * @throws StoreError `store-unavailable` when time runs out over what may pass, `store-misconfigured`, and the codes of the
   *   service's own errors; InternalError `internal` for a request that the service finds malformed; what an answer throws
   */
  async call<T>(
    send: (client: Client, request: RequestOptions) => Promise<T>,
    { repeatable = true, answers = {} }: StoreCallRules<T> = {},
  ): Promise<T> {
    let doubtful = false;
    let answered: Answer<T> | undefined;
    const judge = (error: unknown): Verdict => {
      answered = Object.hasOwn(answers, nameOf(error)) ? answers[nameOf(error)] : undefined;
      if (answered !== undefined) return { failure: error, again: false };
      const effect = storeEffectOf(error, this.#service);
      if (effect === 'unknown') doubtful = true;
      const again = effect === 'none' || (effect === 'unknown' && repeatable);
      return { failure: storeError(error, this.#service), again };
    };
    try {
      return await this.#repeated.call(send, {}, judge);
    } catch (error) {
      if (answered === undefined) throw error;
      return await answered(doubtful, error);
    }
  }
}
