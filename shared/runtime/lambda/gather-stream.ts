/** How long a stream is gathered. */
export interface Gathering {
  /** How long is waited for the first event, in milliseconds. */
  untilFirst: number;
  /** How long is waited for one more after it, in milliseconds. */
  untilNext: number;
  /** How long it may take in all, in milliseconds. */
  inAll: number;
  /** So many characters end it, and what comes then is for the next request. */
  most: number;
}

/** A client comes again at once, and goes on where it was; so little is lost by an end, and much by an answer that is too large. */
export const usualGathering: Gathering = {
  untilFirst: 20_000,
  untilNext: 500,
  inAll: 25_000,
  most: 1_000_000,
};

/**
 * Gathers server-sent events where an answer can only be given as a whole: those that there are, or else the first that come.
 * @param end ends the stream, where it would go on for ever
 * @returns what came until the stream ended, or was ended
 * @throws what the stream throws before the first piece; later, what came until then is the answer
 */
export async function gatherStream(
  stream: AsyncIterable<string>,
  end: AbortController,
  { untilFirst, untilNext, inAll, most }: Gathering,
): Promise<string> {
  let gathered = '';
  let hasEvent = false;
  const inTime = setTimeout(() => end.abort(), inAll);
  let timer = setTimeout(() => end.abort(), untilFirst);
  try {
    for await (const piece of stream) {
      gathered += piece;
      hasEvent ||= /^data:/m.test(piece);
      if (gathered.length >= most) break;
      if (!hasEvent) continue;
      clearTimeout(timer);
      timer = setTimeout(() => end.abort(), untilNext);
    }
    return gathered;
  } catch (error) {
    if (gathered === '') throw error;
    return gathered;
  } finally {
    clearTimeout(timer);
    clearTimeout(inTime);
    end.abort();
  }
}
