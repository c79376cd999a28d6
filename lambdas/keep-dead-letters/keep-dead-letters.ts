import * as v from 'valibot';
import { isPlainRequest } from '#contract/enrollment-requested.ts';
import { cloudEventMembers, eventSchemas } from '#contract/events.ts';
import type { Consumer } from '#contract/subscriptions.ts';
import { asEscrowError, type EscrowError } from '#domain/errors.ts';
import type { DeadLetterStore, GivenUp } from '#ports/dead-letter-store.ts';
import type { CloudEvent } from '#ports/messages.ts';

/** A message that a queue has handed out as often as it does, and that nobody could even put away. */
export interface UnhandledMessage {
  messageId: string;
  sentAt: Date;
  /** Whose queue it fell out of. */
  consumer: string;
  body: string;
}

export interface KeptDeadLetters {
  /** The messages that could not be kept now, and why: they are to be handed out again. */
  again: { messageId: string; error: EscrowError }[];
  /** The messages that are no event; they were kept as far as they can be, where the operator finds them. */
  unreadable: string[];
}

/** A text of an event that is kept; longer than any of ours. */
const text = v.pipe(v.string(), v.nonEmpty(), v.maxLength(1_024));

const eventSchema = v.object({ ...cloudEventMembers, id: text, source: text, type: text, time: text });

/**
 * Puts what fell out of the queues among the dead letters, where its organization sees it, with the code `internal`: nobody got as
 * far as saying why. Of the data only those members are kept that the event's schema knows, and of what comes from outside only a
 * request that is well formed: elsewhere a secret may stand.
 */
export async function keepDeadLetters(
  { deadLetters }: { deadLetters: DeadLetterStore },
  messages: readonly UnhandledMessage[],
): Promise<KeptDeadLetters> {
  const kept: KeptDeadLetters = { again: [], unreadable: [] };
  const keep = async (message: UnhandledMessage): Promise<void> => {
    const event = eventIn(message);
    if (event === undefined) kept.unreadable.push(message.messageId);
    try {
      await deadLetters.keep(letterOf(message, event ?? placeholder(message)));
    } catch (error) {
      kept.again.push({ messageId: message.messageId, error: asEscrowError(error) });
    }
  };
  await Promise.all(messages.map(keep));
  return kept;
}

function letterOf({ messageId, sentAt, consumer }: UnhandledMessage, event: CloudEvent): GivenUp {
  return { messageId, sentAt, consumer, event, code: 'internal' };
}

/** The one consumer whose messages come from outside. */
const fromOutside: Consumer = 'request-enrollment';

function eventIn({ consumer, body }: UnhandledMessage): CloudEvent | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), eventSchema), body);
  if (!parsed.success) return undefined;
  const { data } = parsed.output;
  if (consumer !== fromOutside) return { ...parsed.output, data: knownData(parsed.output) };
  return { ...parsed.output, data: isPlainRequest(data) ? data : null };
}

function knownData({ type, data }: { type: string; data: unknown }): unknown {
  const schemas: Readonly<Record<string, v.GenericSchema>> = eventSchemas;
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  const parsed = schema === undefined ? undefined : v.safeParse(schema, data);
  return parsed?.success === true ? parsed.output : null;
}

/** Stands for a message that is no event: it has no source that names an organization, so no organization sees it. */
function placeholder({ messageId, sentAt }: UnhandledMessage): CloudEvent {
  return {
    specversion: '1.0',
    id: messageId,
    source: '/unreadable',
    type: 'Unreadable',
    time: sentAt.toISOString(),
    datacontenttype: 'application/json',
    data: null,
  };
}
