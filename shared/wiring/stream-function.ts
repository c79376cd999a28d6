import type { FunctionName } from '#contract/functions.ts';
import type { EscrowError } from '#domain/errors.ts';
import type { BatchResult } from '#runtime/lambda/queue-worker.ts';
import { carryBatch, type StreamRecord } from '#runtime/lambda/stream-worker.ts';
import { countWritten } from './count-written.ts';
import type { Handler } from './open-first.ts';
import { type WorkerOpening, workerFunction } from './worker-function.ts';

/** What became of a batch of a stream's records. */
export interface CarriedBatch {
  /** How many events are before their consumers now. */
  published: number;
  /** The first record that failed, by its sequence number; with it all that follow are handed out again. */
  again?: { recordId: string; error: EscrowError };
  /** What can never be carried, and was left behind. */
  passedOver: readonly { recordId: string; eventId?: string; error: EscrowError }[];
}

/**
 * Makes the handler of the function that follows the stream of the aggregates. What the service is measured by is counted here:
 * every change of an enrollment comes by, once.
 * @param open opens what carries the records, and gives it
 * @throws SetUpError `not-set-up`
 */
export async function streamFunction(
  name: FunctionName,
  open: (opening: WorkerOpening) => (records: readonly StreamRecord[]) => Promise<CarriedBatch>,
): Promise<Handler<BatchResult>> {
  return await workerFunction([name], (opening) => {
    const { counting } = opening;
    const carry = open(opening);
    const work = async (records: readonly StreamRecord[]) => {
      const carried = await carry(records);
      tell(opening, carried);
      counting.add('EventsCarried', carried.published);
      const failed = carried.again?.recordId;
      const ids = records.map(({ dynamodb }) => dynamodb.SequenceNumber);
      const done = failed === undefined ? records : records.slice(0, ids.indexOf(failed));
      for (const record of done) countWritten(record, counting);
      return failed;
    };
    return (batch) => carryBatch(batch, work);
  });
}

function tell({ log, counting }: WorkerOpening, { published, again, passedOver }: CarriedBatch): void {
  for (const { eventId, error } of passedOver) {
    log.error('passed-over', { eventId }, error);
    counting.add('EventsPassedOver');
  }
  if (again !== undefined) log.warn('store-unavailable', { count: published }, again.error);
}
