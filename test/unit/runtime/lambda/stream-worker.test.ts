import { describe, expect, it } from 'vitest';
import { carryBatch } from '#runtime/lambda/stream-worker.ts';
import { keepFallen } from '#runtime/lambda/unhandled-worker.ts';
import { sqsBatch, streamBatch } from '#test/support/lambda-events.ts';

describe("a batch of a table's stream", () => {
  const batch = streamBatch({ '100': { id: { S: 'a' } }, '101': { id: { S: 'b' } } });

  it('is handed over whole, in its order', async () => {
    const seen: unknown[] = [];
    const result = await carryBatch(batch, async (records) => {
      seen.push(...records.map(({ dynamodb }) => dynamodb));
      return undefined;
    });
    expect(seen).toMatchObject([
      { SequenceNumber: '100', NewImage: { id: { S: 'a' } } },
      { SequenceNumber: '101', NewImage: { id: { S: 'b' } } },
    ]);
    expect(result).toStrictEqual({ batchItemFailures: [] });
  });

  it('comes again from the first that failed', async () => {
    const result = await carryBatch(batch, async () => '101');
    expect(result).toStrictEqual({ batchItemFailures: [{ itemIdentifier: '101' }] });
  });

  it.for([undefined, {}, { Records: [{ eventName: 'INSERT' }] }])(
    'is none that is made of %j',
    async (event) => {
      const carried = carryBatch(event, async () => undefined);
      await expect(carried).rejects.toMatchObject({ code: 'invalid-input' });
    },
  );
});

describe('a batch of what fell out of the queues', () => {
  const urls = { 'take-request': 'https://sqs.eu-central-1.amazonaws.com/123456789012/dead-requests' };

  it('says by its queue whose message each was', async () => {
    const batch = sqsBatch([
      { messageId: 'a', body: 'first', queue: 'dead-requests' },
      { messageId: 'b', body: 'second', queue: 'another' },
    ]);
    const { result, messages } = await keepFallen(batch, urls, async () => ({ again: [{ messageId: 'b' }] }));
    const sentAt = new Date(1_545_082_650_636);
    expect(messages).toStrictEqual([
      { messageId: 'a', sentAt, consumer: 'take-request', body: 'first' },
      { messageId: 'b', sentAt, consumer: 'unknown', body: 'second' },
    ]);
    expect(result).toStrictEqual({ batchItemFailures: [{ itemIdentifier: 'b' }] });
  });

  it('is none that is made of anything else', async () => {
    const kept = keepFallen({ Records: [{ messageId: 'a' }] }, urls, async () => ({ again: [] }));
    await expect(kept).rejects.toMatchObject({ code: 'invalid-input' });
  });
});
