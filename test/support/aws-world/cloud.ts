import { busSource } from '#adapters/eventbridge/batches.ts';
import { openKmsProvider } from '#adapters/kms/kms-provider.ts';
import { type Consumer, type Subscription, subscriptions } from '#contract/subscriptions.ts';
import type { TableName } from '#contract/tables.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { startDynamoDouble } from '#test/doubles/dynamodb/dynamodb-double.ts';
import { startEventBridgeDouble } from '#test/doubles/eventbridge/eventbridge-double.ts';
import type { Rule } from '#test/doubles/eventbridge/rules.ts';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { startKmsDouble } from '#test/doubles/kms/kms-double.ts';
import type { Bucket } from '#test/doubles/s3/bucket.ts';
import { addBucket, startS3Double } from '#test/doubles/s3/s3-double.ts';
import { type PublishedMessage, startSnsDouble } from '#test/doubles/sns/sns-double.ts';
import type { FrontParts } from './front.ts';
import { type QueueCalls, queueUrls, serveQueues } from './sqs-wire.ts';

/** The consumers of the main job. What webhooks and the daily checks set to work is left out, as are webhooks and checks. */
export const consumers = [
  'request-enrollment',
  'make-identity-key-pair',
  'make-encryption-key-pair',
  'notify-subscriber',
] as const satisfies readonly Consumer[];

export const bucketName = 'backups';
export const busName = 'escrow-test';

/** What the stand-ins tell of, and ask; it changes from run to run. */
export interface Hearing extends QueueCalls {
  /** An event is before a consumer. */
  deliver(consumer: Consumer, detail: string): void;
  /** Why one event of a request is refused by the bus, if it is. */
  refusesEntry(): string | undefined;
}

/** Stand-ins for all of AWS, shared by many runs: a run is an organization of its own. */
export interface Cloud {
  /** What locks and everything else of AWS goes by. */
  clock: ManualClock;
  behind: FrontParts['behind'];
  tables: Readonly<Record<TableName, string>>;
  bucket: Bucket;
  topicArn: string;
  published: PublishedMessage[];
  queueUrls: Readonly<Record<string, string>>;
  hear(hearing: Hearing): void;
  close(): Promise<void>;
}

export async function startCloud(): Promise<Cloud> {
  await using opening = new AsyncDisposableStack();
  const defer = <T extends { close(): Promise<void> }>(started: T): T => {
    opening.defer(() => started.close());
    return started;
  };
  const clock = new ManualClock();
  let hearing: Hearing | undefined;
  const heard = (): Hearing => {
    if (hearing === undefined) throw new TypeError('nobody hears');
    return hearing;
  };
  const dynamo = defer(await startDynamoDouble());
  const s3 = defer(await startS3Double(() => clock.now().getTime()));
  const kms = defer(await startKmsDouble());
  const rules = consumers.map((consumer) => ruleOf(consumer, (detail) => heard().deliver(consumer, detail)));
  const bus = defer(await startEventBridgeDouble({ rules }));
  bus.failEntry = () => heard().refusesEntry();
  const sns = defer(await startSnsDouble());
  const sqs = defer(
    await serveQueues(consumers, {
      release: (receipt, seconds) => heard().release(receipt, seconds),
      send: (consumer, body) => heard().send(consumer, body),
    }),
  );
  await makeKeys(kmsEnvironment(kms));
  const opened = opening.move();
  return {
    clock,
    behind: {
      dynamodb: dynamo.answer,
      s3: s3.endpoint,
      kms: kms.endpoint,
      events: bus.endpoint,
      sns: sns.endpoint,
      sqs: sqs.endpoint,
    },
    tables: dynamo.tables,
    bucket: addBucket(s3, bucketName, {
      objectLock: true,
      defaultRetention: { mode: 'COMPLIANCE', days: 1 },
    }),
    topicArn: sns.topicArn,
    published: sns.published,
    queueUrls: queueUrls(consumers),
    hear: (next) => {
      hearing = next;
    },
    close: () => opened.disposeAsync(),
  };
}

/** The service's own keys, as the stack makes them. */
async function makeKeys(environment: Readonly<Record<string, string>>): Promise<void> {
  Object.assign(process.env, environment);
  await (await openKmsProvider({ createOwnKeys: true })).close();
  delete process.env['AWS_ENDPOINT_URL_KMS'];
}

/** As the stack makes it (`infra/constructs/consumer-queue.ts`). */
function ruleOf(consumer: Consumer, target: Rule['target']): Rule {
  const { types, purpose }: Subscription = subscriptions[consumer];
  const detail = purpose === undefined ? {} : { detail: { data: { purpose: [purpose] } } };
  return { pattern: { source: [busSource], 'detail-type': types, ...detail }, target };
}
