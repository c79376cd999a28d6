import * as v from 'valibot';
import { cloudEventMembers } from '#contract/events.ts';
import { parse } from '#contract/parse.ts';
import type { CloudEvent, Message } from '#ports/messages.ts';
import { readJson } from '../http/json-text.ts';

const text = v.pipe(v.string(), v.nonEmpty());
const digits = v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number));

/** What is used of an event of Amazon SQS. */
const batchSchema = v.object({
  Records: v.array(
    v.object({
      messageId: text,
      receiptHandle: text,
      body: v.string(),
      attributes: v.object({ ApproximateReceiveCount: digits, SentTimestamp: digits }),
    }),
  ),
});

/** A message of Amazon SQS, as AWS Lambda hands it over. */
export interface SqsMessage extends Message {
  /** Names the message, whichever delivery of it this is. */
  messageId: string;
  sentAt: Date;
}

/** One of which the body is not yet read. */
export type UnreadMessage = Omit<SqsMessage, 'event' | 'consumer'> & { body: string };

/** The messages of a batch. @throws InputError `invalid-input` if it is no batch of Amazon SQS */
export function messagesOf(batch: unknown): UnreadMessage[] {
  return parse(batchSchema, batch).Records.map(({ messageId, receiptHandle, body, attributes }) => ({
    messageId,
    receipt: receiptHandle,
    receiveCount: attributes.ApproximateReceiveCount,
    sentAt: new Date(attributes.SentTimestamp),
    body,
  }));
}

const eventSchema = v.object(cloudEventMembers);

/** The event that is a message's body; undefined if it is no CloudEvent in JSON. */
export function eventIn(body: string): CloudEvent | undefined {
  try {
    return parse(eventSchema, readJson(body));
  } catch {
    return undefined;
  }
}
