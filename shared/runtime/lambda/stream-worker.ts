import * as v from 'valibot';
import { parse } from '#contract/parse.ts';
import type { BatchResult } from './queue-worker.ts';

const batchSchema = v.object({
  Records: v.array(v.looseObject({ dynamodb: v.looseObject({ SequenceNumber: v.string() }) })),
});

/** A record of a stream of Amazon DynamoDB, of which no more is known than its place. */
export type StreamRecord = v.InferOutput<typeof batchSchema>['Records'][number];

/**
 * Works through a batch of a table's stream. Its records stand in the order of the writes, so where one fails, it and all that
 * follow are handed out again (`ReportBatchItemFailures`).
 * @param carry works on the records, and gives the sequence number of the first that failed, if one did
 * @throws InputError `invalid-input` if it is no batch of a stream
 */
export async function carryBatch(
  batch: unknown,
  carry: (records: StreamRecord[]) => Promise<string | undefined>,
): Promise<BatchResult> {
  const failed = await carry(parse(batchSchema, batch).Records);
  return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
}
