import { newEntries } from '#adapters/dynamodb/new-entries.ts';
import { DynamoSealableLog } from '#adapters/dynamodb/sealable-log.ts';
import { environmentNames } from '#contract/environment.ts';
import type { FunctionName } from '#contract/functions.ts';
import { type EscrowError, StoreError } from '#domain/errors.ts';
import { timeIsUp, timeLimit, whileTimeLasts } from '#runtime/lambda/invocation.ts';
import type { BatchResult } from '#runtime/lambda/queue-worker.ts';
import { carryBatch } from '#runtime/lambda/stream-worker.ts';
import { sealLog } from '#steps/seal-ledger.ts';
import { given } from './environment.ts';
import { openKeys } from './keys.ts';
import type { Handler } from './open-first.ts';
import { openRegistry } from './registry.ts';
import { openSegments } from './segments.ts';
import { type WorkerOpening, workerFunction } from './worker-function.ts';

/** Seals what an organization has from a place on. @returns the checkpoints */
export type Seal = (organization: string, earliest: string) => Promise<readonly string[]>;

/** What became of a batch of new entries. */
interface SealedBatch {
  segments: number;
  again?: { recordId: string; error: EscrowError };
  changed: readonly { organization: string; error: EscrowError }[];
}

export interface SealingWork {
  /** What a person orders; undefined where the event is a batch of the stream. */
  ordered(event: unknown): { organization: string; from: string } | undefined;
  seal(entries: ReturnType<typeof newEntries>, seal: Seal): Promise<SealedBatch>;
}

/** Kept of a function's time for saying what was not done, in milliseconds. */
const reserve = 5_000;

/**
 * Makes the handler of the function that follows the stream of the ledger and seals it.
 * @throws SetUpError `not-set-up`
 */
export async function sealingFunction(name: FunctionName, work: SealingWork): Promise<Handler<BatchResult>> {
  return await workerFunction([name], async (opening) => {
    const sealing = await openSealing(opening);
    return async (event, invocation) => {
      const time = timeLimit(invocation, reserve);
      const seal: Seal = async (organization, earliest) => {
        const sealed = await whileTimeLasts(time.signal, () => sealing(organization, earliest));
        if (sealed !== timeIsUp) return sealed;
        throw new StoreError('store-unavailable', { why: 'the time for it was up' });
      };
      try {
        const order = work.ordered(event);
        if (order === undefined) return await sealBatch(opening, event, (some) => work.seal(some, seal));
        tell(opening, { segments: (await seal(order.organization, order.from)).length, changed: [] });
        return { batchItemFailures: [] };
      } finally {
        time.release();
      }
    };
  });
}

async function openSealing(opening: WorkerOpening): Promise<Seal> {
  const { environment, dynamoDb, clock } = opening;
  const table = given(environment, environmentNames.ledgerTable);
  const registry = openRegistry(opening);
  const needs = { registry, segments: openSegments(opening), keys: await openKeys(opening), clock };
  return (organization, earliest) =>
    sealLog({ ...needs, log: new DynamoSealableLog(dynamoDb, table, earliest) }, organization);
}

function sealBatch(
  opening: WorkerOpening,
  event: unknown,
  seal: (entries: ReturnType<typeof newEntries>) => Promise<SealedBatch>,
): Promise<BatchResult> {
  return carryBatch(event, async (records) => {
    const sealed = await seal(newEntries(records));
    tell(opening, sealed);
    return sealed.again?.recordId;
  });
}

function tell({ log, counting }: WorkerOpening, { segments, again, changed }: SealedBatch): void {
  if (segments > 0) log.info('ledger-sealed', { count: segments });
  counting.add('SegmentsSealed', segments);
  for (const { organization, error } of changed) {
    log.error('ledger-changed', { organization, code: error.code }, error);
    counting.add('LedgersNotSealed');
  }
  if (again !== undefined) log.warn('store-unavailable', {}, again.error);
}
