import { describe, expect, it } from 'vitest';
import type { MetricName } from '#contract/metrics.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import { InputError, StoreError, WebhookError } from '#domain/errors.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { SqsMessage } from '#runtime/lambda/queue-event.ts';
import { type QueueWorkerParts, workThrough } from '#runtime/lambda/queue-worker.ts';
import { createLogger } from '#runtime/log.ts';
import { noTracing } from '#runtime/tracing.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { invocation, type SqsRecordParts, sqsBatch } from '#test/support/lambda-events.ts';

/** An event that names what becomes of it. */
function eventOf(id: string): CloudEvent {
  return {
    specversion: '1.0',
    id,
    source: '/organizations/acme',
    type: 'WebhookDeliveryRequested',
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data: { marked: 'marked-secret' },
  };
}

function message(id: string, parts: SqsRecordParts = {}): SqsRecordParts {
  return { messageId: id, body: JSON.stringify(eventOf(id)), ...parts };
}

/** A worker, and what it did. */
function worker(work: (event: CloudEvent) => Promise<unknown> = async () => undefined, change = {}) {
  const lines: Record<string, unknown>[] = [];
  const released: [string, number][] = [];
  const buried: { message: SqsMessage; code: ErrorCode }[] = [];
  const counts = new Map<MetricName, number>();
  const clock = new ManualClock();
  const parts: QueueWorkerParts = {
    consumer: 'deliver-webhook',
    work,
    queues: {
      release: async ({ messageId }, seconds) => void released.push([messageId, seconds]),
      bury: async (buriedMessage, code) => void buried.push({ message: buriedMessage, code }),
    },
    needsSeconds: 15,
    lanes: 4,
    log: createLogger({ stream: { write: (text) => lines.push(JSON.parse(text)) }, clock }),
    counting: { add: (name, value = 1) => void counts.set(name, (counts.get(name) ?? 0) + value) },
    tracing: noTracing,
    clock,
    ...change,
  };
  const take = async (messages: readonly SqsRecordParts[], milliseconds = 60_000) => {
    const { batchItemFailures } = await workThrough(sqsBatch(messages), invocation(milliseconds), parts);
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  return { take, lines, released, buried, counts: () => Object.fromEntries(counts), parts };
}

describe('a batch of messages', () => {
  it('is handed to the use case, each with its event', async () => {
    const seen: CloudEvent[] = [];
    const { take, lines, counts } = worker(async (event) => seen.push(event));
    expect(await take([message('a'), message('b')])).toStrictEqual([]);
    expect(seen).toStrictEqual([eventOf('a'), eventOf('b')]);
    const about = { consumer: 'deliver-webhook', eventType: 'WebhookDeliveryRequested', receiveCount: 1 };
    expect(lines).toMatchObject([
      { message: 'delivery', ...about, eventId: 'a', outcome: 'done' },
      { message: 'delivery', ...about, eventId: 'b', outcome: 'done' },
    ]);
    expect(counts()).toStrictEqual({});
  });

  it('fails in part: what may pass comes again after its pause, what will not is buried and done', async () => {
    const { take, released, buried, counts } = worker(async ({ id }) => {
      if (id === 'passing') throw new StoreError('store-unavailable');
      if (id === 'lasting') throw new WebhookError('webhook-target-refused');
    });
    expect(await take([message('passing'), message('good'), message('lasting')])).toStrictEqual(['passing']);
    // The first pause of webhooks is 5 seconds, and up to a tenth more.
    expect(released).toStrictEqual([['passing', 6]]);
    expect(buried).toMatchObject([
      { code: 'webhook-target-refused', message: { event: eventOf('lasting') } },
    ]);
    expect(counts()).toStrictEqual({ DeliveriesRetried: 1, DeliveriesBuried: 1 });
  });

  it('buries what has failed often enough', async () => {
    const { take, buried } = worker(() => Promise.reject(new StoreError('store-unavailable')));
    expect(await take([message('a', { receiveCount: 8 })])).toStrictEqual([]);
    expect(buried).toMatchObject([
      { code: 'store-unavailable', message: { messageId: 'a', sentAt: new Date(1_545_082_650_636) } },
    ]);
  });

  it('hides a message for as long as its target asks, and no longer than SQS does', async () => {
    const asks = { retryAfterSeconds: 90_000 };
    const { take, released } = worker(() => Promise.reject(new WebhookError('webhook-failed', asks)));
    expect(await take([message('a')])).toStrictEqual(['a']);
    expect(released).toStrictEqual([['a', 43_000]]);
  });

  it('keeps the data of what was refused as input out of the dead letters', async () => {
    const { take, buried } = worker(() => Promise.reject(new InputError('invalid-input')));
    await take([message('a')]);
    expect(buried).toMatchObject([{ message: { event: { id: 'a', data: null } } }]);
  });

  it.for([
    ['no JSON', 'marked-secret'],
    ['no CloudEvent', '{"specversion":"1.0","id":"a","data":"marked-secret"}'],
    ['another version of CloudEvents', JSON.stringify({ ...eventOf('a'), specversion: '0.3' })],
    ['a list', `[${JSON.stringify(eventOf('a'))}]`],
    ['a name twice', `{"id":"b",${JSON.stringify(eventOf('a')).slice(1)}`],
    ['nested without end', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['nothing', ''],
  ] as const)("leaves to the queue's own dead letters what is %s", async ([, body]) => {
    const { take, lines, released, buried, counts } = worker();
    expect(await take([message('bad', { body }), message('good')])).toStrictEqual(['bad']);
    expect([released, buried]).toStrictEqual([[], []]);
    expect(counts()).toStrictEqual({ MessagesUnreadable: 1 });
    expect(JSON.stringify(lines)).not.toContain('marked-secret');
  });

  it.for([undefined, {}, { Records: [{ body: '' }] }, { Records: 'none' }])(
    'is none that is made of %j',
    async (batch) => {
      await expect(workThrough(batch, invocation(), worker().parts)).rejects.toMatchObject({
        code: 'invalid-input',
      });
    },
  );

  it('logs nothing that an event holds, and nothing of an error but its code and places', async () => {
    const { take, lines } = worker(({ data }) => Promise.reject(new Error(`about ${JSON.stringify(data)}`)));
    await take([message('a', { receiveCount: 8 })]);
    expect(lines).toMatchObject([{ outcome: 'buried', code: 'internal' }]);
    expect(JSON.stringify(lines)).not.toContain('marked-secret');
  });
});

describe("a function's time", () => {
  it('lets nothing begin that could not be finished: it is given back', async () => {
    const seen: string[] = [];
    const { take, released, counts } = worker(async ({ id }) => seen.push(id));
    expect(await take([message('a'), message('b')], 17_000)).toStrictEqual(['a', 'b']);
    expect(seen).toStrictEqual([]);
    expect(released).toStrictEqual([
      ['a', 0],
      ['b', 0],
    ]);
    expect(counts()).toStrictEqual({ DeliveriesGivenBack: 2 });
  });

  it('ends what takes too long, which nobody else is to begin meanwhile', async () => {
    const hanging = Promise.withResolvers<void>();
    const { take, released, lines } = worker(() => hanging.promise, { needsSeconds: 0 });
    expect(await take([message('a')], 3_020)).toStrictEqual(['a']);
    expect(released).toStrictEqual([]);
    expect(lines).toMatchObject([{ outcome: 'given-back' }]);
    hanging.resolve();
  });

  it('is shared by no more messages at once than there are lanes', async () => {
    let [running, most] = [0, 0];
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
    };
    const { take } = worker(work, { lanes: 2 });
    await take(['a', 'b', 'c', 'd', 'e'].map((id) => message(id)));
    expect(most).toBe(2);
  });
});

describe('where the queue or the store of dead letters does not answer', () => {
  const away = () => Promise.reject(new StoreError('store-unavailable'));

  it('a message that is to come again does so when its queue hides it no more', async () => {
    const { take, lines } = worker(away, { queues: { release: away, bury: away } });
    expect(await take([message('a')])).toStrictEqual(['a']);
    expect(lines.map(({ message: said }) => said)).toStrictEqual(['delivery', 'store-unavailable']);
  });

  it('a message that could not be buried is not done', async () => {
    const work = () => Promise.reject(new InputError('invalid-input'));
    const { take, counts } = worker(work, { queues: { release: away, bury: away } });
    expect(await take([message('a')])).toStrictEqual(['a']);
    expect(counts()).toStrictEqual({});
  });

  it('what is given back stays hidden', async () => {
    const { take } = worker(undefined, { queues: { release: away, bury: away } });
    expect(await take([message('a')], 5_000)).toStrictEqual(['a']);
  });
});
