import type { FunctionName } from '#contract/functions.ts';
import type { TableName } from '#contract/tables.ts';
import type { EventPattern } from '../eventbridge/rules.ts';

/** A queue whose messages a function works on, as an event source mapping says. */
export interface QueueSource {
  queue: string;
  name: FunctionName;
  batchSize: number;
  /** Whether what the function reports as failed stays in the queue; all others of its batch are done. */
  reportsFailures: boolean;
}

/** What sets functions to work, once the service is deployed. Queues are named by their consumer, as in `startAwsAccount`. */
export interface WorkWiring {
  sources: readonly QueueSource[];
  /** What follows the stream of a table, by table. */
  streams: Readonly<Partial<Record<TableName, Omit<QueueSource, 'queue'>>>>;
  /** Which events the bus puts into which queue. */
  rules: readonly { pattern: EventPattern; queue: string }[];
  /** Where messages of a queue go that were received too often. */
  deadQueues: Readonly<Record<string, string>>;
  scheduled: readonly FunctionName[];
}

/** Nothing sets anything to work but whoever invokes it. */
export const unwired: WorkWiring = {
  sources: [],
  streams: {},
  rules: [],
  deadQueues: {},
  scheduled: [],
};
