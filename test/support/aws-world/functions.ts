import { writtenRecords } from '#adapters/dynamodb/stream-events.ts';
import { carryEvents } from '#lambdas/carry-events/carry-events.ts';
import { keepDeadLetters } from '#lambdas/keep-dead-letters/keep-dead-letters.ts';
import { makeKeyPairOfAccepted } from '#lambdas/make-key-pair/make-key-pair.ts';
import { notifySubscriber } from '#lambdas/notify-subscriber/notify-subscriber.ts';
import { requestEnrollment } from '#lambdas/request-enrollment/request-enrollment.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Counting } from '#runtime/counting.ts';
import type { Invocation } from '#runtime/lambda/invocation.ts';
import { workThrough } from '#runtime/lambda/queue-worker.ts';
import { carryBatch } from '#runtime/lambda/stream-worker.ts';
import type { Logger } from '#runtime/log.ts';
import { noTracing } from '#runtime/tracing.ts';
import type { consumers } from './cloud.ts';
import type { Lane } from './lane.ts';
import { batchOf, type QueuedMessage } from './queues.ts';
import type { StreamRecord } from './watch.ts';

type WorldConsumer = (typeof consumers)[number];

const noCounting: Counting = { add() {} };
const silent: Logger = { info() {}, warn() {}, error() {}, with: () => silent };
const invocation: Invocation = { awsRequestId: 'invocation', getRemainingTimeInMillis: () => 60_000 };

/** What the functions' handlers do, over the adapters of a lane: the same workers and use cases, without their environment. */
const work: Readonly<Record<WorldConsumer, (lane: Lane, event: CloudEvent) => Promise<unknown>>> = {
  'request-enrollment': ({ dependencies }, event) => requestEnrollment(dependencies, event),
  'make-identity-key-pair': ({ dependencies }, event) =>
    makeKeyPairOfAccepted(dependencies, event, 'identity'),
  'make-encryption-key-pair': ({ dependencies }, event) =>
    makeKeyPairOfAccepted(dependencies, event, 'encryption'),
  'notify-subscriber': ({ dependencies }, event) => notifySubscriber(dependencies, event),
};

/** A function that works through messages of a queue. @returns the ids of those that are not done */
export async function consume(
  lane: Lane,
  consumer: WorldConsumer,
  batch: readonly QueuedMessage[],
): Promise<string[]> {
  const { batchItemFailures } = await workThrough(batchOf(batch), invocation, {
    consumer,
    work: (event) => work[consumer](lane, event),
    queues: lane.failed,
    needsSeconds: 15,
    // More at the same time are two lanes: what one function does at once cannot be told apart on the wire.
    lanes: 1,
    log: silent,
    counting: noCounting,
    tracing: noTracing,
    clock: lane.dependencies.clock,
  });
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

/** The function that follows the stream. @returns the sequence number of the first record that is to be handed out again */
export async function carry(lane: Lane, records: readonly StreamRecord[]): Promise<string | undefined> {
  const { batchItemFailures } = await carryBatch({ Records: records }, async (batch) => {
    const carried = await carryEvents(lane.carrying, writtenRecords(batch));
    return carried.again?.recordId;
  });
  return batchItemFailures[0]?.itemIdentifier;
}

/** The function that keeps what fell out of the queues. @returns the ids of those that it could not keep */
export async function keep(lane: Lane, fallen: readonly QueuedMessage[]): Promise<string[]> {
  const messages = fallen.map(({ id, sentAt, consumer, body }) => ({
    messageId: id,
    sentAt: new Date(sentAt),
    consumer,
    body,
  }));
  const { again } = await keepDeadLetters({ deadLetters: lane.deadLetters }, messages);
  return again.map(({ messageId }) => messageId);
}
