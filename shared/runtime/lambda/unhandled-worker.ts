import * as v from 'valibot';
import { parse } from '#contract/parse.ts';
import type { BatchResult } from './queue-worker.ts';

const text = v.pipe(v.string(), v.nonEmpty());

const batchSchema = v.object({
  Records: v.array(
    v.object({
      messageId: text,
      body: v.string(),
      eventSourceARN: v.pipe(v.string(), v.regex(/^arn:[^:]+:sqs:[^:]*:[^:]*:[^:]+$/)),
      attributes: v.object({ SentTimestamp: v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number)) }),
    }),
  ),
});

/** A message that fell out of its queue: its consumer's function could not even put it away. */
export interface FallenMessage {
  messageId: string;
  sentAt: Date;
  /** Whose queue it fell out of. */
  consumer: string;
  body: string;
}

/** What became of the messages of a batch. */
export interface FallenKept {
  /** Those that are to be handed out again. */
  again: readonly { messageId: string }[];
}

/**
 * Works through a batch of what fell out of the queues.
 * @param queueUrls of the dead-letter queues, by consumer: a message says by which of them it came, and no more
 * @param keep keeps the messages, and says which of them are to be handed out again
 * @throws InputError `invalid-input` if it is no batch of messages
 */
export async function keepFallen<K extends FallenKept>(
  batch: unknown,
  queueUrls: Readonly<Record<string, string>>,
  keep: (messages: FallenMessage[]) => Promise<K>,
): Promise<{ result: BatchResult; kept: K; messages: FallenMessage[] }> {
  const consumers = new Map(Object.entries(queueUrls).map(([consumer, url]) => [nameOf(url, '/'), consumer]));
  const messages = parse(batchSchema, batch).Records.map(
    ({ messageId, body, eventSourceARN, attributes }) => ({
      messageId,
      sentAt: new Date(attributes.SentTimestamp),
      consumer: consumers.get(nameOf(eventSourceARN, ':')) ?? 'unknown',
      body,
    }),
  );
  const kept = await keep(messages);
  const failed = kept.again.map(({ messageId }) => ({ itemIdentifier: messageId }));
  return { result: { batchItemFailures: failed }, kept, messages };
}

/** The name of a queue, which stands at the end of its URL and of its ARN. */
function nameOf(address: string, separator: string): string {
  return address.slice(address.lastIndexOf(separator) + 1);
}
