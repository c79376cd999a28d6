import { type Consumer, retries } from '#contract/subscriptions.ts';
import { asEscrowError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { CloudEvent, FailedMessages } from '#ports/messages.ts';
import type { Counting } from '../counting.ts';
import { afterFailure, keptOf, triesOf } from '../delivery.ts';
import type { Logger } from '../log.ts';
import type { LogFields } from '../log-fields.ts';
import type { Tracing } from '../tracing.ts';
import { inLanes } from './in-lanes.ts';
import { type Invocation, type TimeLimit, timeIsUp, timeLimit, whileTimeLasts } from './invocation.ts';
import { eventIn, messagesOf, type SqsMessage, type UnreadMessage } from './queue-event.ts';

export interface QueueWorkerParts {
  consumer: Consumer;
  /** The use case that messages are handed to. */
  work(event: CloudEvent): Promise<unknown>;
  queues: FailedMessages<SqsMessage>;
  /** How long a message may take, in seconds: none is begun that could not be finished. */
  needsSeconds: number;
  /** How many messages of a batch are worked on at the same time. */
  lanes: number;
  log: Logger;
  counting: Counting;
  tracing: Tracing;
  clock: Clock;
}

/** Which messages of a batch are not done, as AWS Lambda takes it (`ReportBatchItemFailures`). The others leave the queue. */
export interface BatchResult {
  batchItemFailures: { itemIdentifier: string }[];
}

/** Kept of a function's time for putting away what failed last, in milliseconds. */
const reserve = 3_000;
/** SQS hides no message beyond twelve hours after it was received, and some of those are over. */
const longestPause = 43_000;

/**
 * Works through a batch of one consumer's messages. One that fails is tried again after the pause that its policy has, or is
 * put among the dead letters and is done. What no event can be read from is left to the queue's own dead letters; what there
 * is no time for is given back, and somebody else takes it.
 * @throws InputError `invalid-input` if it is no batch of messages
 */
export async function workThrough(
  batch: unknown,
  invocation: Invocation,
  parts: QueueWorkerParts,
): Promise<BatchResult> {
  const messages = messagesOf(batch);
  const time = timeLimit(invocation, reserve);
  try {
    const areDone = await inLanes(messages, parts.lanes, (message) => isDone(message, time, parts));
    const failed = messages.filter((_, index) => areDone[index] !== true);
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  } finally {
    time.release();
  }
}

async function isDone(unread: UnreadMessage, time: TimeLimit, parts: QueueWorkerParts): Promise<boolean> {
  const { body, ...known } = unread;
  const { consumer, log, counting } = parts;
  const event = eventIn(body);
  if (event === undefined) {
    log.error('unreadable', { consumer, receiveCount: known.receiveCount });
    counting.add('MessagesUnreadable');
    return false;
  }
  const message = { ...known, consumer, event };
  if (time.left() < parts.needsSeconds * 1_000) return await giveBack(message, parts);
  return await deliver(message, time, parts);
}

/** Lets somebody else have what was not begun, at once. */
async function giveBack(message: SqsMessage, { queues, log, counting }: QueueWorkerParts): Promise<false> {
  counting.add('DeliveriesGivenBack');
  log.info('delivery', { ...told(message), outcome: 'given-back' });
  await queues.release(message, 0).catch(passing(log, message));
  return false;
}

async function deliver(message: SqsMessage, time: TimeLimit, parts: QueueWorkerParts): Promise<boolean> {
  const { consumer, clock, log, counting, tracing, work } = parts;
  const started = clock.now().getTime();
  const about = () => ({ ...told(message), durationMs: clock.now().getTime() - started });
  const begin = () => tracing.span(`delivery ${consumer}`, told(message), () => work(message.event));
  try {
    if ((await whileTimeLasts(time.signal, begin)) !== timeIsUp) {
      log.info('delivery', { ...about(), outcome: 'done' });
      return true;
    }
    // It may still be at work, so nobody else should be for now: its queue hides it for longer than any function runs.
    log.warn('delivery', { ...about(), outcome: 'given-back' });
    counting.add('DeliveriesGivenBack');
    return false;
  } catch (error) {
    return await putAway(message, error, about(), parts);
  }
}

async function putAway(
  message: SqsMessage,
  error: unknown,
  about: LogFields,
  { consumer, queues, log, counting, clock }: QueueWorkerParts,
): Promise<boolean> {
  const { code } = asEscrowError(error);
  const ageSeconds = (clock.now().getTime() - message.sentAt.getTime()) / 1_000;
  const tries = triesOf(retries[consumer], message.receiveCount, ageSeconds);
  const disposition = afterFailure(retries[consumer], error, tries);
  if (!('bury' in disposition)) {
    log.warn('delivery', { ...about, code, outcome: 'retry' }, error);
    counting.add('DeliveriesRetried');
    const pause = Math.min(Math.ceil(disposition.retryAfterSeconds), longestPause);
    await queues.release(message, pause).catch(passing(log, message));
    return false;
  }
  try {
    await queues.bury(keptOf(message, code), disposition.bury);
  } catch (failure) {
    passing(log, message)(failure);
    return false;
  }
  log.warn('delivery', { ...about, code, outcome: 'buried' }, error);
  counting.add('DeliveriesBuried');
  return true;
}

/** Where a queue does not take what it is told, the message is visible again once its time-out is over. */
function passing(log: Logger, message: SqsMessage): (error: unknown) => void {
  return (error) => log.warn('store-unavailable', told(message), error);
}

/** What the log and the traces say of a message; none of what it holds. */
function told({ consumer, event, receiveCount }: SqsMessage): LogFields {
  return { consumer, eventType: event.type, eventId: event.id, receiveCount };
}
