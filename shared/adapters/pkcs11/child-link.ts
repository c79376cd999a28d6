import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { InternalError, ProviderError } from '#domain/errors.ts';
import { Batches } from './child/batches.ts';
import type { Answer, Args, Call, CallName, PlainError, Result } from './child/calls.ts';
import { fromPlainError } from './child/plain-error.ts';

export interface ChildLinkSettings {
  /** Variables that the library reads when it is initialized, such as SOFTHSM2_CONF; set in the child alone. */
  environment?: Readonly<Record<string, string>>;
  /** Threads for calls into the library. */
  threads?: number;
  /** A child that has calls under way and answers none for so long, in milliseconds, hangs and is killed. */
  hangMilliseconds?: number;
  /**
   * How long a call may wait for a session, in milliseconds. One that is under way for so long and as long as a hang besides
   * hangs alone, while others are answered; the child is killed for it too, as nobody can call it back.
   */
  waitMilliseconds?: number;
}

interface Pending {
  /** When it was asked, by `performance.now()`. */
  since: number;
  /** A method, so that its parameter may be narrower than unknown: the id ties an answer to its call. */
  settle(result: unknown): void;
  fail(error: Error): void;
}

const usualThreads = 8;
/** How long a library may be silent, in milliseconds. */
export const usualHang = 180_000;
const usualWait = 120_000;
/** How long a child may take to end by itself, in milliseconds. */
const patience = 10_000;
const entry = fileURLToPath(new URL('./child/main.ts', import.meta.url));

/** A process of its own that has a token's library, and the calls to it that are under way. */
export class ChildLink {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #calls: Batches<Call<CallName>>;
  readonly #hang: number;
  readonly #wait: number;
  #lastId = 0;
  #lastAnswer = 0;
  #watch: NodeJS.Timeout | undefined;
  #hung = false;
  #lost = false;
  /** Settles when the process has ended. */
  readonly ended: Promise<void>;

  constructor({ environment = {}, threads = usualThreads, ...limits }: ChildLinkSettings) {
    this.#hang = limits.hangMilliseconds ?? usualHang;
    this.#wait = limits.waitMilliseconds ?? usualWait;
    this.#child = fork(entry, [String(process.pid)], {
      // Private keys go through the pipe as bytes: JSON would leave them as text in memory.
      serialization: 'advanced',
      env: { ...process.env, ...environment, UV_THREADPOOL_SIZE: String(threads) },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#calls = new Batches((calls) => this.#send(calls));
    this.#child.on('message', (answers: Answer[]) => this.#take(answers));
    this.ended = new Promise((resolve) => {
      const end = (status: number | null, signal: NodeJS.Signals | null) => {
        this.#end(status, signal);
        resolve();
      };
      this.#child.once('exit', end);
      // A process that could not be started never exits.
      this.#child.on('error', () => this.#child.pid === undefined && end(null, null));
    });
    this.#rest();
  }

  /** Whether the child is of no use any more: it ended, is being killed, or lost its token. */
  get useless(): boolean {
    return this.#lost || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /**
   * Asks the child for something.
   * @param secrets bytes among the arguments that are erased here once they were handed over
   * @throws what the call throws there; ProviderError `provider-unavailable` if the child ends first
   */
  call<C extends CallName>(call: C, args: Args<C>, ...secrets: Uint8Array[]): Promise<Result<C>> {
    const { promise, resolve, reject } = Promise.withResolvers<Result<C>>();
    if (!this.#child.connected) {
      erase(secrets);
      return Promise.reject(endedError());
    }
    const id = ++this.#lastId;
    this.#pending.set(id, {
      since: performance.now(),
      settle(result: Result<C>) {
        resolve(result);
      },
      fail: reject,
    });
    if (this.#pending.size === 1) this.#work();
    this.#calls.add({ id, call, args }, () => erase(secrets));
    return promise;
  }

  /** Lets what is under way end, closes the token and ends the process; kills it if that takes too long. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.kill(), patience);
    try {
      await this.call('close', []).catch(() => undefined);
      if (this.#child.connected) this.#child.disconnect();
      this.#child.ref();
      await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process at once, whatever it does. */
  kill(): void {
    this.#lost = true;
    this.#child.kill('SIGKILL');
  }

  /** What cannot be sent fails alone: neither with what is beside it, nor with this process. */
  #send(calls: Call<CallName>[]): void {
    try {
      this.#child.send(calls, () => {});
    } catch (cause) {
      const [call, ...others] = calls;
      if (call === undefined || others.length > 0) for (const each of calls) this.#send([each]);
      else this.#fail(call, new InternalError('internal', { cause }));
    }
  }

  #fail({ id }: Call<CallName>, error: Error): void {
    this.#pending.get(id)?.fail(error);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#rest();
  }

  #take(answers: Answer[]): void {
    this.#lastAnswer = performance.now();
    for (const answer of answers) {
      const pending = this.#pending.get(answer.id);
      this.#pending.delete(answer.id);
      if ('error' in answer) pending?.fail(this.#failure(answer.error));
      else pending?.settle(answer.result);
    }
    if (this.#pending.size === 0) this.#rest();
  }

  #failure(error: PlainError): Error {
    this.#lost ||= error.lost;
    return error.lost ? new TokenLostError(fromPlainError(error)) : fromPlainError(error);
  }

  /** While calls are under way they keep this process alive, and the child is watched for answers. */
  #work(): void {
    this.#child.ref();
    this.#child.channel?.ref();
    this.#lastAnswer = performance.now();
    this.#watch = setInterval(() => this.#checkHang(), Math.min(this.#hang / 4, 5_000));
    this.#watch.unref();
  }

  #rest(): void {
    clearInterval(this.#watch);
    this.#child.unref();
    this.#child.channel?.unref();
  }

  #checkHang(): void {
    const now = performance.now();
    const [oldest] = this.#pending.values();
    const silent = now - this.#lastAnswer > this.#hang;
    const stuck = oldest !== undefined && now - oldest.since > this.#wait + this.#hang;
    if (!silent && !stuck) return;
    this.#hung = true;
    this.kill();
  }

  #end(status: number | null, signal: NodeJS.Signals | null): void {
    this.#rest();
    const error = endedError(this.#hung ? undefined : (signal ?? status), this.#hung);
    for (const pending of this.#pending.values()) pending.fail(error);
    this.#pending.clear();
  }
}

function erase(secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}

/** The token, its session or the login was lost: the call may be repeated on a new child. */
export class TokenLostError extends ProviderError {
  constructor(cause: Error) {
    super('provider-unavailable', {
      why: 'the token was removed, or the login to it was lost',
      next: 'Try again: the service logs in anew. If it stays so, look at the token.',
      cause,
    });
  }
}

function endedError(how?: string | number | null, hung = false): ProviderError {
  const what = hung
    ? 'did not answer any more, and its process was ended'
    : `ended unexpectedly (${how ?? 'gone'})`;
  return new ProviderError('provider-unavailable', {
    why: `the token's library ${what}`,
    next: 'Try again: the service has started it anew. If it happens often, tell the vendor of the token.',
  });
}
