import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventFrame, eventStream, type FeedStep, retryFrame } from '#contract/server-sent-events.ts';

/** What a client of the standard makes of text that comes in pieces. */
function parsed(text: string, pieceLength = text.length) {
  const messages: EventSourceMessage[] = [];
  const ids: string[] = [];
  const retries: number[] = [];
  const comments: string[] = [];
  const faults: unknown[] = [];
  const parser = createParser({
    onEvent: (message) => messages.push(message),
    onId: (id) => ids.push(id),
    onRetry: (milliseconds) => retries.push(milliseconds),
    onComment: (comment) => comments.push(comment),
    onError: (error) => faults.push(error),
  });
  for (let start = 0; start < text.length; start += Math.max(1, pieceLength)) {
    parser.feed(text.slice(start, start + Math.max(1, pieceLength)));
  }
  return { messages, ids, retries, comments, faults };
}

const event = {
  specversion: '1.0',
  id: 'enr_1.2.0',
  source: '/organizations/acme/enrollments/enr_1',
  type: 'BackupEscrowed',
  data: { enrollmentId: 'enr_1', note: 'one\ntwo\r\nthree\u2028four\u0000' },
};

describe('an event of the feed', () => {
  it('is read by a client with its position, its type and all that it holds', () => {
    const { messages, faults } = parsed(eventFrame({ position: '17', event }));
    expect(messages).toEqual([{ id: '17', event: 'BackupEscrowed', data: JSON.stringify(event) }]);
    expect(JSON.parse(messages[0]?.data ?? '')).toEqual(event);
    expect(faults).toEqual([]);
  });

  it('is the same whatever it holds, however the text is cut, among others', () => {
    const step = fc.record({
      position: fc.stringMatching(/^[\w.-]{1,20}$/),
      event: fc.record({ type: fc.stringMatching(/^[A-Za-z]{1,20}$/), data: fc.jsonValue() }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), fc.integer({ min: 1, max: 50 }), (steps, piece) => {
        const { messages, faults } = parsed(steps.map(eventFrame).join(''), piece);
        expect(faults).toEqual([]);
        expect(messages.map(({ id, event: name, data }) => [id, name, data])).toEqual(
          steps.map((each) => [each.position, each.event.type, JSON.stringify(each.event)]),
        );
      }),
    );
  });

  it('cannot be ended early by what its position or its type holds', () => {
    const hostile = '1\n\ndata: forged\r\n\r\nid: 9\0';
    fc.assert(
      fc.property(fc.constantFrom(hostile, '\n\n', '\r'), fc.string(), (bad, type) => {
        const { messages } = parsed(eventFrame({ position: bad, event: { type: `${type}${bad}` } }));
        expect(messages.map(({ data }) => data)).toEqual([JSON.stringify({ type: `${type}${bad}` })]);
      }),
    );
  });
});

describe('a position alone', () => {
  it('is remembered by a client as the last, without an event', () => {
    const { messages, ids, comments, faults } = parsed(eventFrame({ position: '18' }));
    expect({ messages, ids, faults }).toEqual({ messages: [], ids: ['18'], faults: [] });
    expect(comments).toHaveLength(1);
  });
});

describe('a stream', () => {
  it('says first how long to wait before connecting again, then each step', async () => {
    async function* steps(): AsyncGenerator<FeedStep> {
      yield { position: '1', event };
      yield { position: '2' };
    }
    const pieces: string[] = [];
    for await (const piece of eventStream(steps(), 1_500.7)) pieces.push(piece);
    expect(pieces[0]).toBe(retryFrame(1_500));
    const { messages, ids, retries, faults } = parsed(pieces.join(''), 3);
    expect([retries, ids, messages.length, faults]).toEqual([[1_500], ['1', '2'], 1, []]);
  });
});
