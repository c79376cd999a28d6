import { setTimeout as wait } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { routes } from '#contract/routes.ts';
import { asEscrowError, ConnectionError } from '#domain/errors.ts';
import { sentence } from '#domain/plain-words.ts';
import type { Client } from './client.ts';
import { connectionError } from './connection-errors.ts';

/** An event of the service (CloudEvents 1.0), as it came. */
export interface FollowedEvent {
  id: string;
  type: string;
  /** The event as JSON, on one line. */
  data: string;
}

/** What comes: that the stream is open, at first and whenever it broke; and each event. */
export type Followed = { opened: true } | { event: FollowedEvent };

export interface Following {
  enrollmentId?: string;
  from: 'now' | 'beginning';
  /** Tells the person that the stream broke, and goes on. */
  message(text: string): void;
  /** How long nothing may come before the connection is taken for dead, in milliseconds; the service speaks each 15 s. */
  silence?: number;
  /** Before the stream is opened again, in milliseconds, where the service does not say. */
  pause?: number;
}

const usualSilence = 45_000;
const usualPause = 2_000;
const mostFailures = 8;
/** No event of the service is longer, in characters. */
const longestEvent = 1_048_576;

/**
 * Follows events without end. Where the stream breaks, it is opened again after the last event that came (`Last-Event-ID`).
 * @throws what the server refuses it with; ConnectionError `server-unreachable` if it stays away
 */
export async function* followEvents(client: Client, following: Following): AsyncGenerator<Followed> {
  const state: State = { opened: false, position: undefined, pause: following.pause ?? usualPause };
  for (let failures = 0; failures <= mostFailures; failures++) {
    const leaving = new AbortController();
    try {
      for await (const followed of stream(client, following, state, leaving)) {
        failures = 0;
        yield followed;
      }
      following.message('escrow: The stream ended. Opening it again ...');
    } catch (thrown) {
      const error = asEscrowError(thrown);
      if (error.code === 'internal' || !error.retryable || !state.opened) throw error;
      following.message(`escrow: ${sentence(error.message)} Opening the stream again ...`);
    } finally {
      leaving.abort();
    }
    await wait(Math.min(state.pause * 2 ** failures, 30_000));
  }
  throw new ConnectionError('server-unreachable');
}

interface State {
  /** Whether it was open before: then a connection that fails may be a restart. */
  opened: boolean;
  /** The id of what came last. */
  position: string | undefined;
  pause: number;
}

/** One connection, until it ends. */
async function* stream(
  client: Client,
  { enrollmentId, from, silence = usualSilence }: Following,
  state: State,
  leaving: AbortController,
): AsyncGenerator<Followed> {
  const tooSilent = setTimeout(() => leaving.abort(new DOMException('silent', 'TimeoutError')), silence);
  const events: FollowedEvent[] = [];
  const parser = createParser({
    maxBufferSize: longestEvent,
    onId: (id) => {
      state.position = id;
    },
    onRetry: (milliseconds) => {
      state.pause = Math.min(milliseconds, 60_000);
    },
    onEvent: ({ id = '', event = '', data }) => events.push({ id, type: event, data }),
  });
  try {
    const response = await client.open(routes.followEvents, {
      query: { from, ...(enrollmentId !== undefined && { enrollmentId }) },
      signal: leaving.signal,
      ...(state.position !== undefined && { headers: { 'last-event-id': state.position } }),
    });
    state.opened = true;
    yield { opened: true };
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      tooSilent.refresh();
      parser.feed(decoder.decode(chunk, { stream: true }));
      for (const event of events.splice(0)) yield { event };
    }
  } catch (error) {
    throw connectionError(client.server, error);
  } finally {
    clearTimeout(tooSilent);
  }
}
