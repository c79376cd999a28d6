import { EscrowError, ProviderError } from '#domain/errors.ts';
import type { Handle } from './cryptoki.ts';
import { providerError } from './errors.ts';

export interface SessionPoolSettings {
  open(): Handle;
  close(session: Handle): void;
  /** Whether the login that a session shares with all others is still there. */
  isLoggedIn(session: Handle): boolean;
  /** At most so many sessions. */
  size: number;
  /** At most so many callers wait; the next is refused at once. */
  maxWaiting: number;
  /** How long a caller waits for a session, in milliseconds. */
  waitMilliseconds: number;
}

interface Waiter {
  give(session: Handle): void;
  refuse(error: Error): void;
}

/**
 * Sessions of one token, each lent to one caller at a time: a session has one operation at a time (PKCS#11 2.40 section
 * 5.1), and the operations of two callers on one session destroy each other. Callers are served in their order.
 */
export class SessionPool {
  readonly #settings: SessionPoolSettings;
  readonly #idle: Handle[] = [];
  readonly #waiting: Waiter[] = [];
  #opened = 0;
  #closed = false;
  #whenEmpty: (() => void) | undefined;

  constructor(settings: SessionPoolSettings) {
    this.#settings = settings;
  }

  /**
   * Lends a session for the work. After an error of the token the session is closed, with whatever it had begun.
   * @throws ProviderError the work's error as ours; `provider-busy` if no session came free in time, or too
   *   many wait already
   */
  async use<T>(work: (session: Handle) => Promise<T> | T): Promise<T> {
    const session = await this.#acquire();
    try {
      const result = await work(session);
      this.#giveBack(session);
      return result;
    } catch (error) {
      const known = this.#known(error, session);
      if (known instanceof EscrowError) this.#giveBack(session);
      else this.#discard(session);
      throw providerError(known);
    }
  }

  /**
   * Who is not logged in does not see private keys, and some tokens say of one only that there is none of that handle: then
   * it is the login that is lost.
   */
  #known(error: unknown, session: Handle): unknown {
    if (providerError(error).code !== 'key-not-found') return error;
    try {
      return this.#settings.isLoggedIn(session) ? error : new LoginLostError();
    } catch (cause) {
      return cause;
    }
  }

  /** Refuses new work, waits for what is under way, and closes every session. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.refuse(closedError());
    for (const session of this.#idle.splice(0)) this.#discard(session);
    if (this.#opened === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
  }

  async #acquire(): Promise<Handle> {
    if (this.#closed) throw closedError();
    return this.#idle.pop() ?? this.#openAnother() ?? this.#wait();
  }

  #openAnother(): Handle | undefined {
    if (this.#opened >= this.#settings.size) return undefined;
    try {
      const session = this.#settings.open();
      this.#opened++;
      return session;
    } catch (error) {
      // A token may have fewer sessions than we would like: then those that are open are shared.
      if (this.#opened > 0) return undefined;
      throw providerError(error);
    }
  }

  #wait(): Promise<Handle> {
    if (this.#waiting.length >= this.#settings.maxWaiting) throw busyError();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        give: (session) => {
          clearTimeout(timer);
          resolve(session);
        },
        refuse: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(busyError());
      }, this.#settings.waitMilliseconds);
      this.#waiting.push(waiter);
    });
  }

  #giveBack(session: Handle): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next.give(session);
    else if (this.#closed) this.#discard(session);
    else this.#idle.push(session);
  }

  #discard(session: Handle): void {
    this.#opened--;
    try {
      this.#settings.close(session);
    } catch {
      // It is gone already; that is why it is discarded.
    }
    if (this.#opened === 0) this.#whenEmpty?.();
    this.#serveNext();
  }

  #serveNext(): void {
    if (this.#closed || this.#waiting.length === 0) return;
    try {
      const session = this.#openAnother();
      if (session !== undefined) this.#giveBack(session);
    } catch (error) {
      // None is open any more and none can be opened: nobody would ever be served.
      for (const waiter of this.#waiting.splice(0)) waiter.refuse(providerError(error));
    }
  }
}

/** Says what the token should have said. */
class LoginLostError extends Error {
  override message = 'CKR_USER_NOT_LOGGED_IN';
}

/** Says what the token would have said: of a call that was not begun, which another process may still do. */
class SessionClosedError extends Error {
  override message = 'CKR_SESSION_CLOSED';
}

function busyError(): ProviderError {
  return new ProviderError('provider-busy', { why: 'all sessions of the token are busy' });
}

function closedError(): ProviderError {
  return new ProviderError('provider-unavailable', {
    why: 'the key provider was closed',
    cause: new SessionClosedError(),
  });
}
