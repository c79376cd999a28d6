import { openKmsProvider } from '#adapters/kms/kms-provider.ts';
import { type Consumer, isTaken, subscriptions } from '#contract/subscriptions.ts';
import { startDynamoDouble } from '#test/doubles/dynamodb/dynamodb-double.ts';
import { startEventBridgeDouble } from '#test/doubles/eventbridge/eventbridge-double.ts';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { startKmsDouble } from '#test/doubles/kms/kms-double.ts';
import { addBucket, startS3Double } from '#test/doubles/s3/s3-double.ts';
import { startSnsDouble } from '#test/doubles/sns/sns-double.ts';
import { type Listener, openCountedWire, type WireCall } from '../aws/counted-wire.ts';
import { DynamoUnits, type WrittenItem } from '../aws/dynamodb-units.ts';
import { assumptions, type CalledService } from './assumptions.ts';
import type { Usage } from './bill.ts';
import type { Meter } from './meter.ts';
import { eventBridgeUsage, kmsUsage, messageUsage, s3Usage, snsUsage } from './usage-of-calls.ts';

export const aliasPrefix = 'enrollment-key-escrow/cost';
const bucket = 'backups';
const segmentBucket = 'segments';

/** The keys of an entry of the ledger, as its stream has them. */
export type EntryKeys = Record<string, WrittenItem['item'][string]>;

/** What waits to be handed to a function. */
export type Due = { stream: WrittenItem } | { consumer: Consumer; body: string };

/** The stand-ins for AWS that functions call, each behind a wire on which every call is counted. */
export interface StandIns {
  /** The variables that lead the AWS SDK to the wires, and name what is behind them. */
  environment: Readonly<Record<string, string>>;
  /** What was written and published, and nobody was told of yet. */
  due: Due[];
  /** The entries of the ledger that were not handed to what seals it. */
  entries: EntryKeys[];
  /** How many bytes are stored, by now. */
  stored(): Stored;
  close(): Promise<void>;
}

/** Bytes that stay, and are paid for each month. */
export interface Stored {
  dynamodb: number;
  s3: number;
}

/** Starts them, with everything in place that a deployment makes: tables, bucket, keys, bus, topic. */
export async function startStandIns(meter: Meter): Promise<StandIns> {
  await using opening = new AsyncDisposableStack();
  const due: Due[] = [];
  const wires = new Wires(opening, meter);
  const entries: EntryKeys[] = [];
  const tables = await startTables(wires, meter, due, entries);
  const backups = await startBucket(wires);
  const keys = await startKeys(wires);
  const bus = await startEventBridgeDouble({
    rules: [{ pattern: {}, target: (detail) => due.push(...messagesOf(detail, meter)) }],
  });
  await wires.count('eventbridge', bus, eventBridgeUsage);
  const sns = await startSnsDouble();
  await wires.count('sns', sns, snsUsage);
  const environment = {
    ...keys.environment,
    ...wires.environment,
    ...tables.environment,
    ESCROW_BACKUP_BUCKET: bucket,
    ESCROW_SEGMENT_BUCKET: segmentBucket,
    ESCROW_SEGMENT_BUCKET_OWNER: '111122223333',
    ESCROW_SEGMENT_RETENTION_DAYS: '1095',
    ESCROW_EVENT_BUS: bus.busName,
    ESCROW_NOTICE_TOPIC: sns.topicArn,
    ESCROW_CUSTODY: 'kms',
    ESCROW_KMS_ALIAS_PREFIX: aliasPrefix,
  };
  const stored = () => ({ dynamodb: tables.storedBytes(), s3: backups.storedBytes() });
  const opened = opening.move();
  return { environment, due, entries, stored, close: () => opened.disposeAsync() };
}

/** A stand-in that runs. */
interface Double {
  endpoint: string;
  close(): Promise<void>;
}

/** Puts stand-ins behind wires on which calls are counted. */
class Wires {
  /** Leads the AWS SDK to the wires. */
  readonly environment: Record<string, string> = {};
  readonly #opening: AsyncDisposableStack;
  readonly #meter: Meter;

  constructor(opening: AsyncDisposableStack, meter: Meter) {
    this.#opening = opening;
    this.#meter = meter;
  }

  /** @param usageOf what a call is on a bill */
  async count(service: CalledService, double: Double, usageOf: (call: WireCall) => Usage): Promise<void> {
    await this.listen(service, double, { answered: (call) => this.#meter.called(service, usageOf(call)) });
  }

  /** Takes the stand-in over, and closes it with the rest. */
  async listen(service: CalledService, double: Double, listener: Listener): Promise<void> {
    this.#opening.defer(() => double.close());
    const wire = await openCountedWire(double.endpoint, listener);
    this.#opening.defer(() => wire.close());
    this.environment[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] = wire.endpoint;
  }
}

/** The tables; what is written to the aggregates and to the ledger is due to whoever follows their streams. */
async function startTables(wires: Wires, meter: Meter, due: Due[], entries: EntryKeys[]) {
  const dynamo = await startDynamoDouble();
  const { tables } = dynamo;
  const units = new DynamoUnits(tables, (write) => {
    if (write.table === 'aggregates') due.push({ stream: write });
    if (write.table === 'ledger' && write.item['record']?.S?.startsWith('2') === true)
      entries.push(keysOf(write));
  });
  await wires.listen('dynamodb', dynamo, {
    ask: (operation, request) => units.ask(operation, request),
    answered: (call) => {
      units.answered(call);
      const { reads, writes } = units.take();
      meter.called('dynamodb', { 'dynamodb-read': reads, 'dynamodb-write': writes });
    },
  });
  const environment = {
    ESCROW_AGGREGATES_TABLE: tables.aggregates,
    ESCROW_DOCUMENTS_TABLE: tables.documents,
    ESCROW_LOCKED_KEYS_TABLE: tables['locked-keys'],
    ESCROW_LEDGER_TABLE: tables.ledger,
    ESCROW_ACTIVITY_TABLE: tables.activity,
  };
  return { environment, storedBytes: () => units.storedBytes() };
}

function keysOf({ item: { organization, record } }: WrittenItem): EntryKeys {
  return { ...(organization && { organization }), ...(record && { record }) };
}

async function startBucket(wires: Wires) {
  const s3 = await startS3Double();
  const buckets = [bucket, segmentBucket].map((name) => addBucket(s3, name, { objectLock: true }));
  await wires.count('s3', s3, s3Usage);
  const versions = () => buckets.flatMap((each) => each.versions());
  return { storedBytes: () => versions().reduce((sum, { bytes }) => sum + bytes.length, 0) };
}

/** The service's own keys are made before anything is counted, as a deployment does. */
async function startKeys(wires: Wires) {
  const kms = await startKmsDouble();
  const environment = kmsEnvironment(kms);
  Object.assign(process.env, environment);
  await (await openKmsProvider({ aliasPrefix, createOwnKeys: true })).close();
  await wires.count('kms', kms, kmsUsage);
  return { environment };
}

/** One message for each consumer that takes the event, as the bus's rules send them. */
function messagesOf(detail: string, meter: Meter): Due[] {
  const event: { type: string; data: unknown } = JSON.parse(detail);
  const consumers = consumerNames.filter((consumer) => isTaken(subscriptions[consumer], event));
  for (const _consumer of consumers) meter.add(messageUsage(detail, assumptions.messagesPerBatch));
  return consumers.map((consumer) => ({ consumer, body: detail }));
}

const consumerNames = Object.keys(subscriptions).filter((name): name is Consumer =>
  Object.hasOwn(subscriptions, name),
);
