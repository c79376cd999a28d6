import { LimitError } from '#domain/errors.ts';

/** More than the programs of one person or one workflow need; each holds a connection and is told of every event. */
const mostStreams = 10;
/** By then a connection that was lost is known to be, and its stream let go of. */
const retryAfterSeconds = 15;

/** Counts the streams that are being sent, by caller: one with a token must not take all the connections that there are. */
export class OpenStreams {
  readonly #open = new Map<string, number>();

  /**
   * The stream, counted from its first piece to its end.
   * @param caller names the principal
   * @throws LimitError `too-many-requests` if the caller has too many already; the stream is then not begun
   */
  open(caller: string, stream: AsyncIterable<string>): AsyncIterable<string> {
    if (!this.#hasRoom(caller)) {
      const why = `No caller may follow more than ${mostStreams} streams at once.`;
      throw new LimitError('too-many-requests', { why, next: 'Close one of them.', retryAfterSeconds });
    }
    return this.#counted(caller, stream);
  }

  async *#counted(caller: string, stream: AsyncIterable<string>): AsyncGenerator<string> {
    // Several that were let in at the same moment: those that are too many end at once.
    if (!this.#hasRoom(caller)) return;
    this.#open.set(caller, this.#count(caller) + 1);
    try {
      yield* stream;
    } finally {
      const left = this.#count(caller) - 1;
      if (left === 0) this.#open.delete(caller);
      else this.#open.set(caller, left);
    }
  }

  #hasRoom(caller: string): boolean {
    return this.#count(caller) < mostStreams;
  }

  #count(caller: string): number {
    return this.#open.get(caller) ?? 0;
  }
}
