import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { type Answered, type Followed, type Following, follow, type Sent } from './api-client.ts';
import type { TestServer } from './server.ts';

const isRetryable = v.object({ retryable: v.literal(true) });

/**
 * Somebody who repeats each request, as it was, until it is answered: over every end and start of the server. A password is
 * counted as wrong before it is tried, so ten kills in the middle of right ones lock an enrollment: then they sign in again, as
 * they are told to.
 */
export class PersistentClient {
  /** How many requests were cut off, or found nobody. */
  cutOff = 0;
  readonly #server: TestServer;
  readonly #signIn: () => Promise<string>;
  #token: string | undefined;

  /** @param signIn gives an access token, as of somebody who has just signed in */
  constructor(server: TestServer, signIn: () => Promise<string>) {
    this.#server = server;
    this.#signIn = signIn;
  }

  /** @param sent of a POST, with its `Idempotency-Key` */
  async call(method: string, target: string, sent: Sent): Promise<Answered> {
    for (;;) {
      try {
        this.#token ??= await this.#signIn();
        const answer = await this.#server.call(method, target, { token: this.#token, ...sent });
        if (answer.code === 'enrollment-locked') {
          this.#token = undefined;
          continue;
        }
        if (answer.status < 400 || !v.is(isRetryable, answer.json)) return answer;
      } catch (error) {
        if (!isCutOff(error)) throw error;
        this.cutOff += 1;
      }
      await pause(40);
    }
  }
}

/** What `fetch` says of a connection that was refused or broke off. */
function isCutOff(error: unknown): boolean {
  return error instanceof TypeError && ['fetch failed', 'terminated'].includes(error.message);
}

/** Somebody who follows all events from the first on, and takes the stream up again wherever it broke off. */
export class PersistentFollower {
  readonly events: Followed[] = [];
  #isDone = false;
  #position: string | undefined;
  #following: Following | undefined;
  /** Whose events are among `events`. */
  #counted: Following | undefined;
  readonly #ended: Promise<void>;

  constructor(server: TestServer, token: string) {
    this.#ended = this.#run(server, token);
  }

  async #run(server: TestServer, token: string): Promise<void> {
    while (!this.#isDone) {
      try {
        const from = { query: '?from=beginning', lastEventId: this.#position };
        this.#following = await follow(server.url, token, from);
        if (this.#isDone) this.#following.close();
        await this.#following.ended;
        this.events.push(...this.#following.events);
        this.#counted = this.#following;
        // What broke off in the middle was not told whole, so the position is that of the last one that was.
        this.#position = this.events.at(-1)?.position;
      } catch (error) {
        if (!isCutOff(error)) throw error;
      }
      await pause(50);
    }
  }

  /** How much it was told so far. */
  seen(): number {
    const now = this.#following?.events ?? [];
    return this.events.length + (this.#counted === this.#following ? 0 : now.length);
  }

  /** Ends it. @returns all that it was told */
  async stop(): Promise<Followed[]> {
    this.#isDone = true;
    this.#following?.close();
    await this.#ended;
    return this.events;
  }
}
