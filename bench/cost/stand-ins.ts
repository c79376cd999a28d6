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

/** What waits to be handed to a function. */
export type Due = { stream: WrittenItem } | { consumer: Consumer; body: string };

/** The stand-ins for AWS that functions call, each behind a wire on which every call is counted. */
export interface StandIns {
  /** The variables that lead the AWS SDK to the wires, and name what is behind them. */
  environment: Readonly<Record<string, string>>;
  /** What was written and published, and nobody was told of yet. */
  due: Due[];
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
  const wires: Record<string, string> = {};
  const count = async (name: string, endpoint: string, listener: Listener) => {
    const wire = await openCountedWire(endpoint, listener);
    opening.defer(() => wire.close());
    wires[`AWS_ENDPOINT_URL_${name}`] = wire.endpoint;
  };
  const counted = (service: CalledService, usageOf: (call: WireCall) => Usage): Listener => ({
    answered: (call) => meter.called(service, usageOf(call)),
  });

  const dynamo = await startDynamoDouble();
  opening.defer(() => dynamo.close());
  const units = new DynamoUnits(dynamo.tables, (write) => {
    if (write.table === 'aggregates') due.push({ stream: write });
  });
  await count('DYNAMODB', dynamo.endpoint, {
    ask: (operation, request) => units.ask(operation, request),
    answered: (call) => {
      units.answered(call);
      const { reads, writes } = units.take();
      meter.called('dynamodb', { 'dynamodb-read': reads, 'dynamodb-write': writes });
    },
  });

  const s3 = await startS3Double();
  opening.defer(() => s3.close());
  const backups = addBucket(s3, bucket, { objectLock: true });
  await count('S3', s3.endpoint, counted('s3', s3Usage));

  const kms = await startKmsDouble();
  opening.defer(() => kms.close());
  Object.assign(process.env, kmsEnvironment(kms));
  await (await openKmsProvider({ aliasPrefix, createOwnKeys: true })).close();
  await count('KMS', kms.endpoint, counted('kms', kmsUsage));

  const bus = await startEventBridgeDouble({
    rules: [{ pattern: {}, target: (detail) => due.push(...messagesOf(detail, meter)) }],
  });
  opening.defer(() => bus.close());
  await count('EVENTBRIDGE', bus.endpoint, counted('eventbridge', eventBridgeUsage));

  const sns = await startSnsDouble();
  opening.defer(() => sns.close());
  await count('SNS', sns.endpoint, counted('sns', snsUsage));

  const environment = {
    ...kmsEnvironment(kms),
    ...wires,
    ESCROW_AGGREGATES_TABLE: dynamo.tables.aggregates,
    ESCROW_DOCUMENTS_TABLE: dynamo.tables.documents,
    ESCROW_LOCKED_KEYS_TABLE: dynamo.tables['locked-keys'],
    ESCROW_LEDGER_TABLE: dynamo.tables.ledger,
    ESCROW_ACTIVITY_TABLE: dynamo.tables.activity,
    ESCROW_BACKUP_BUCKET: bucket,
    ESCROW_EVENT_BUS: bus.busName,
    ESCROW_NOTICE_TOPIC: sns.topicArn,
    ESCROW_CUSTODY: 'kms',
    ESCROW_KMS_ALIAS_PREFIX: aliasPrefix,
  };
  const stored = () => ({
    dynamodb: units.storedBytes(),
    s3: backups.versions().reduce((sum, { bytes }) => sum + bytes.length, 0),
  });
  const opened = opening.move();
  return { environment, due, stored, close: () => opened.disposeAsync() };
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
