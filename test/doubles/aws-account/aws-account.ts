import { randomBytes } from 'node:crypto';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Consumer, subscriptions } from '#contract/subscriptions.ts';
import { startDynamoDouble } from '../dynamodb/dynamodb-double.ts';
import { startEventBridgeDouble } from '../eventbridge/eventbridge-double.ts';
import { startKmsDouble } from '../kms/kms-double.ts';
import { requiredActions } from '../s3/permissions.ts';
import { targetOf } from '../s3/request.ts';
import { addBucket, startS3Double } from '../s3/s3-double.ts';
import { startSecretsManagerDouble } from '../secrets-manager/secrets-manager-double.ts';
import { startSnsDouble } from '../sns/sns-double.ts';
import { startSqsDouble } from '../sqs/sqs-double.ts';
import {
  type AwsCall,
  type AwsRequest,
  type Described,
  describeByMember,
  describeDynamoDb,
  describeSns,
} from './aws-call.ts';
import { startCallRecorder } from './call-recorder.ts';
import { recordedEntries, writtenAggregates } from './table-stream.ts';
import type { WorkWiring } from './work-wiring.ts';

export const consumers: readonly Consumer[] = Object.keys(subscriptions).filter(isConsumer);

function isConsumer(name: string): name is Consumer {
  return Object.hasOwn(subscriptions, name);
}

/** Operations that leave something where they are done. */
const changing = /^(?:Put|Publish|Send)/;

/** What the aliases of the service's KMS keys begin with here. */
export const kmsAliasPrefix = 'enrollment-key-escrow/test';
export const canarySecret = 'canary-secret';

export type AwsAccount = Awaited<ReturnType<typeof startAwsAccount>>;

/**
 * Everything of AWS that the service uses, on loopback, as it is once the service was deployed: its tables, keys, bucket, topic,
 * bus, and a queue a consumer with another for its dead letters. What calls any of it is recorded.
 * @param wiring which events come into which queue, and what falls out of it into which
 */
export async function startAwsAccount({ rules, deadQueues }: Pick<WorkWiring, 'rules' | 'deadQueues'>) {
  const [dynamo, s3, kms, sns, sqs, secrets] = await Promise.all([
    startDynamoDouble(),
    startS3Double(),
    startKmsDouble(),
    startSnsDouble(),
    startSqsDouble([...consumers, ...consumers.map(deadQueueOf)]),
    startSecretsManagerDouble(),
  ]);
  const bus = await startEventBridgeDouble({
    rules: rules.map(({ pattern, queue }) => ({
      pattern,
      target: (detail) => sqs.queues.sendMessage(queue, detail),
    })),
  });
  const bucket = addBucket(s3, 'escrow-backups', { objectLock: true });
  const segments = addBucket(s3, 'escrow-segments', { objectLock: true });
  secrets.secrets.set(canarySecret, { text: randomBytes(32).toString('base64') });
  await Promise.all([makeKeys(kms.endpoint), tieDeadQueues(sqs.endpoint, sqs.queueUrls, deadQueues)]);
  const calls: AwsCall[] = [];
  const changes: string[] = [];
  const written = writtenAggregates(dynamo.tables.aggregates);
  const entries = recordedEntries(dynamo.tables.ledger);
  const take = (request: AwsRequest) => {
    written.take(request);
    entries.take(request);
  };
  const kmsDone = (request: AwsRequest): Described[] => {
    const last = kms.log.at(-1);
    if (last?.operation !== request.operation) return [];
    return [{ action: `kms:${last.operation}`, resources: last.resources, conditions: last.conditions }];
  };
  const recorded = (behind: string, describe: (request: AwsRequest) => Described[], more = {}) => {
    const described = (request: AwsRequest) => {
      if (changing.test(request.operation))
        changes.push(`${request.url}\n${request.body.toString('latin1')}`);
      return describe(request);
    };
    return startCallRecorder({ behind, describe: described, ...more }, calls);
  };
  const recorders = {
    DYNAMODB: await recorded(dynamo.endpoint, describeDynamoDb, { done: take }),
    S3: await recorded(s3.endpoint, describeS3),
    KMS: await startCallRecorder({ behind: kms.endpoint, describe: kmsDone, oneByOne: true }, calls),
    SNS: await recorded(sns.endpoint, describeSns),
    SQS: await recorded(sqs.endpoint, describeByMember('sqs', 'QueueUrl')),
    EVENTBRIDGE: await recorded(bus.endpoint, describeByMember('events', 'EventBusName')),
    SECRETS_MANAGER: await recorded(secrets.endpoint, describeByMember('secretsmanager', 'SecretId')),
  };
  const all = [...Object.values(recorders), bus, dynamo, s3, kms, sns, sqs, secrets];
  return {
    ...{ dynamo, s3, kms, sns, sqs, secrets, bus, bucket, segments, written, recorded: entries },
    /** The URL of each queue, by its name, as the functions are told it. */
    queueUrls: Object.fromEntries(
      Object.keys(sqs.queueUrls).map((name) => [name, `${recorders.SQS.endpoint}/000000000000/${name}`]),
    ),
    /** Every call to AWS so far, in the order of the answers. */
    calls,
    /** What was asked to be kept or sent so far, by any of them but for KMS: each request, its bytes as Latin-1. */
    changes,
    /** The variables that lead the AWS SDK here. */
    environment: Object.fromEntries(
      Object.entries(recorders).map(([service, { endpoint }]) => [`AWS_ENDPOINT_URL_${service}`, endpoint]),
    ),
    close: async () => {
      for (const each of all) await each.close();
    },
  };
}

/** The name of the dead-letter queue of a consumer's queue. */
export function deadQueueOf(consumer: Consumer): string {
  return `${consumer}-dead`;
}

const signing = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'administrator', secretAccessKey: 'a test has no secret' },
};

/** The service's own keys, by their aliases. */
async function makeKeys(endpoint: string): Promise<void> {
  const kms = new KMSClient({ endpoint, ...signing });
  const kinds = {
    custody: { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' },
    mac: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
    receipts: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
  } as const;
  for (const [duty, kind] of Object.entries(kinds)) {
    const { KeyMetadata: key } = await kms.send(new CreateKeyCommand(kind));
    const alias = { AliasName: `alias/${kmsAliasPrefix}/${duty}`, TargetKeyId: key?.KeyId };
    await kms.send(new CreateAliasCommand(alias));
  }
  kms.destroy();
}

/** What a consumer's function could not even put away goes to its dead-letter queue, after three times. */
async function tieDeadQueues(
  endpoint: string,
  urls: Readonly<Record<string, string>>,
  deadQueues: WorkWiring['deadQueues'],
): Promise<void> {
  const sqs = new SQSClient({ endpoint, ...signing });
  for (const [queue, dead] of Object.entries(deadQueues)) {
    const deadLetterTargetArn = `arn:aws:sqs:${signing.region}:000000000000:${dead}`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 });
    const input = { QueueUrl: urls[queue], Attributes: { RedrivePolicy } };
    await sqs.send(new SetQueueAttributesCommand(input));
  }
  sqs.destroy();
}

function describeS3(request: AwsRequest): Described[] {
  const target = targetOf(request);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, `${value}`]),
  );
  const about = target.key === '' ? target.bucket : `${target.bucket}/${target.key}`;
  const mode = headers['x-amz-object-lock-mode'];
  const conditions: Described['conditions'] = mode === undefined ? {} : { 's3:object-lock-mode': mode };
  return requiredActions({ ...target, headers, body: request.body }).map((action) => ({
    action,
    resources: [about],
    conditions,
  }));
}
