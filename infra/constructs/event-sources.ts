import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { type FollowedTable, specOf } from '../function-names.ts';
import type { ServiceFunction } from './service-function.ts';

/** A core: whoever has one works on keys, and takes its time over each message. */
const coreMegabytes = 1_769;

/**
 * Has a function work on a queue's messages. What it reports as failed stays in the queue; what it works on keys for comes one
 * by one, so that a message that takes long holds up no other.
 * @param maxConcurrency how many batches at a time: the others wait, and are not received in vain
 */
export function workOnQueue(
  id: string,
  { name, lambda }: ServiceFunction,
  queue: IQueue,
  maxConcurrency: number,
): void {
  new EventSourceMapping(queue, id, {
    target: lambda,
    eventSourceArn: queue.queueArn,
    batchSize: (specOf(name).memoryMegabytes ?? 0) >= coreMegabytes ? 1 : 10,
    maxConcurrency,
    reportBatchItemFailures: true,
  });
}

interface Following {
  batchSize: number;
  /** How long changes are gathered before the function is set to work with them. */
  gatheredFor?: Duration;
  /** Which changes; all if not given. */
  filters?: Record<string, unknown>[];
}

/** How each stream is followed. */
const following: Readonly<Record<FollowedTable, Following>> = {
  aggregates: { batchSize: 100 },
  // About one segment a minute; nothing is asked for while nothing is recorded. What sealing itself writes is none of its business:
  // places begin with a year, and the records of segments with zeros.
  ledger: {
    batchSize: 1_000,
    gatheredFor: Duration.seconds(60),
    filters: [
      FilterCriteria.filter({
        eventName: FilterRule.isEqual('INSERT'),
        dynamodb: { Keys: { record: { S: FilterRule.beginsWith('2') } } },
      }),
    ],
  },
};

/**
 * Has a function follow a table's stream, from the oldest change that is there. A batch that fails is halved until what fails is
 * alone; that is tried for most of the day that the stream keeps it, then put aside. It is given up for its age alone, since nothing
 * says how soon one try follows another. What reached the feed and no consumer by then is published again by hand (`docs/runbook.md`).
 */
export function followStream(
  { lambda }: ServiceFunction,
  name: FollowedTable,
  table: ITable,
  putAside: IQueue,
): void {
  const { batchSize, gatheredFor, filters } = following[name];
  const mapping = new EventSourceMapping(lambda, 'Stream', {
    target: lambda,
    eventSourceArn: table.tableStreamArn,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize,
    ...(gatheredFor && { maxBatchingWindow: gatheredFor }),
    ...(filters && { filters }),
    bisectBatchOnError: true,
    maxRecordAge: Duration.hours(20),
    onFailure: new SqsDlq(putAside),
    reportBatchItemFailures: true,
  });
  mapping.node.addDependency(lambda);
}

/** Runs a function again and again. */
export function runEvery({ name, lambda }: ServiceFunction, minutes: number): void {
  new Rule(lambda, 'Schedule', {
    description: `Enrollment key escrow: runs ${name} every ${minutes} minutes`,
    schedule: Schedule.rate(Duration.minutes(minutes)),
    // A run that was missed is made up for by the next.
    targets: [new LambdaTarget(lambda, { retryAttempts: 2, maxEventAge: Duration.minutes(minutes) })],
  });
}
