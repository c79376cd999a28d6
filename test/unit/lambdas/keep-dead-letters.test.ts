import { describe, expect, it } from 'vitest';
import { StoreError } from '#domain/errors.ts';
import { keepDeadLetters, type UnhandledMessage } from '#lambdas/keep-dead-letters/keep-dead-letters.ts';
import type { DeadLetterStore, GivenUp } from '#ports/dead-letter-store.ts';
import { acceptedEvent } from '#test/contract/records.ts';
import { requestData } from '#test/support/world.ts';

const sentAt = new Date('2026-01-05T08:00:00.000Z');
const message = (body: unknown, messageId = 'm-1'): UnhandledMessage => ({
  messageId,
  sentAt,
  consumer: 'make-encryption-key-pair',
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** @param fails the ids of messages that cannot be kept */
function storing(...fails: string[]): DeadLetterStore & { letters: GivenUp[] } {
  const letters: GivenUp[] = [];
  return {
    letters,
    keep: async (letter) => {
      if (fails.includes(letter.messageId)) throw new StoreError('store-unavailable');
      letters.push(letter);
    },
  };
}

const due = {
  ...acceptedEvent('e-1', 'KeyPairAwaited'),
  data: { enrollmentId: 'e-1', purpose: 'encryption' },
};

describe('keepDeadLetters', () => {
  it('keeps an event as it can be put back, with a code that says nobody told why', async () => {
    const deadLetters = storing();
    expect(await keepDeadLetters({ deadLetters }, [message(due)])).toEqual({ again: [], unreadable: [] });
    expect(deadLetters.letters).toEqual([
      { messageId: 'm-1', sentAt, consumer: 'make-encryption-key-pair', event: due, code: 'internal' },
    ]);
  });

  it.each([
    ['members that are unknown', { ...due.data, password: 'hunter2-hunter2' }, due.data],
    ['data that are not as they should be', { enrollmentId: 7, password: 'hunter2-hunter2' }, null],
    ['data that are no object', 'hunter2-hunter2', null],
  ])('leaves out %s', async (_, data, kept) => {
    const deadLetters = storing();
    await keepDeadLetters({ deadLetters }, [message({ ...due, data, traceparent: 'hunter2-hunter2' })]);
    expect(deadLetters.letters[0]?.event).toEqual({ ...due, data: kept });
  });

  it.each(['EnrollmentForgotten', 'constructor', '__proto__'])(
    'leaves out the data of a type that is unknown: %s',
    async (type) => {
      const deadLetters = storing();
      await keepDeadLetters({ deadLetters }, [message({ ...due, type })]);
      expect(deadLetters.letters[0]?.event).toEqual({ ...due, type, data: null });
    },
  );

  it('leaves out all of a request from outside in which a field is unknown', async () => {
    const deadLetters = storing();
    const event = {
      ...due,
      type: 'EnrollmentRequested',
      data: { organization: 'acme', password: 'hunter2' },
    };
    await keepDeadLetters({ deadLetters }, [message(event)]);
    expect(deadLetters.letters[0]?.event).toEqual({ ...event, data: null });
  });

  it('leaves out a request from outside with a private key, and keeps one without it', async () => {
    const deadLetters = storing();
    const recipientKey = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
    const event = { ...due, type: 'EnrollmentRequested', data: requestData({ recipientKey }) };
    const secret = { ...event, data: requestData({ recipientKey: { ...recipientKey, d: 'hunter2' } }) };
    const messages = [secret, event].map((each, index) => message(each, `m-${index}`));
    const fallen = messages.map((each) => ({ ...each, consumer: 'request-enrollment' }));
    await keepDeadLetters({ deadLetters }, fallen);
    const kept = deadLetters.letters.map((letter) => letter.event);
    expect(kept).toEqual([{ ...event, data: null }, event]);
  });

  it.each(['', 'hunter2', '{"id":', '[]', '{}', 'null', JSON.stringify({ ...due, source: '' })])(
    'keeps what is no event as far as it can be: %j',
    async (body) => {
      const deadLetters = storing();
      expect(await keepDeadLetters({ deadLetters }, [message(body)])).toEqual({
        again: [],
        unreadable: ['m-1'],
      });
      expect(deadLetters.letters[0]?.event).toEqual({
        specversion: '1.0',
        id: 'm-1',
        source: '/unreadable',
        type: 'Unreadable',
        time: sentAt.toISOString(),
        datacontenttype: 'application/json',
        data: null,
      });
    },
  );

  it('asks for those again that could not be kept, and keeps the others', async () => {
    const deadLetters = storing('m-2');
    const kept = await keepDeadLetters({ deadLetters }, [
      message(due),
      message(due, 'm-2'),
      message(due, 'm-3'),
    ]);
    expect(kept.again).toEqual([
      { messageId: 'm-2', error: expect.objectContaining({ code: 'store-unavailable' }) },
    ]);
    expect(deadLetters.letters.map(({ messageId }) => messageId)).toEqual(['m-1', 'm-3']);
  });
});
