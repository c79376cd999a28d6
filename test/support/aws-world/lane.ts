import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PublishCommand } from '@aws-sdk/client-sns';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Waiting } from '#adapters/aws/backoff.ts';
import { CedarPolicy } from '#adapters/cedar-policy/cedar-policy.ts';
import { openDynamoDb } from '#adapters/dynamodb/calls.ts';
import { DynamoDeadLetterStore } from '#adapters/dynamodb/dead-letter-store.ts';
import { DynamoOrganizationQueues } from '#adapters/dynamodb/dead-letters.ts';
import { DynamoDocumentStore } from '#adapters/dynamodb/document-store.ts';
import { DynamoEventFeed } from '#adapters/dynamodb/event-feed.ts';
import { DynamoEventFeedAppender } from '#adapters/dynamodb/event-feed-appender.ts';
import { DynamoIdempotencyKeys } from '#adapters/dynamodb/idempotency-keys.ts';
import { DynamoLedger } from '#adapters/dynamodb/ledger.ts';
import { DynamoNoticeBoard } from '#adapters/dynamodb/notice-board.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { DynamoUnpublishedEvents } from '#adapters/dynamodb/unpublished-events.ts';
import { openEventBridge } from '#adapters/eventbridge/client.ts';
import { EventBridgeBus } from '#adapters/eventbridge/event-bus.ts';
import { openKmsProvider } from '#adapters/kms/kms-provider.ts';
import { openS3Vault } from '#adapters/s3/s3-vault.ts';
import { openSns, SnsNotifier } from '#adapters/sns/notifier.ts';
import { openSqs } from '#adapters/sqs/client.ts';
import { SqsEventSender } from '#adapters/sqs/event-sender.ts';
import { SqsFailedMessages } from '#adapters/sqs/failed-messages.ts';
import { bucketName, busName, type Cloud } from './cloud.ts';
import { type FrontParts, openFront } from './front.ts';

/** Chance that a seed decides, 0 to 1; time that passes only while somebody waits. */
export interface LaneTime {
  random(): number;
  /** Whether the function was killed: nothing goes on in it. */
  isDead(): boolean;
}

export type Lane = Awaited<ReturnType<typeof openLane>>;

/** How long a call may take with its repetitions, by the lane's own time; and one request, by that of the machine. */
const callMilliseconds = 60_000;
const requestMilliseconds = 60_000;
/** A call gives up after some three or four tries, so that many calls fail. */
const shortestSleep = 18_000;

/**
 * Where functions run one after the other: the real adapters, on clients of their own, whose every request passes one front. Two
 * lanes are two functions that run at the same time.
 */
export async function openLane(
  name: string,
  cloud: Cloud,
  time: LaneTime,
  parts: Omit<FrontParts, 'behind'>,
) {
  const front = await openFront({ ...parts, behind: cloud.behind });
  // The SDK reads it with the first request, and remembers it.
  process.env['AWS_ENDPOINT_URL'] = front.endpoint;
  const { clock, tables } = cloud;
  const settings = { waiting: waitingOf(time), callMilliseconds, requestMilliseconds };
  const dynamo = openDynamoDb(settings);
  const [bus, sns, sqs] = [openEventBridge(settings), openSns(settings), openSqs(settings)];
  const documents = new DynamoDocumentStore(dynamo, {
    documents: tables.documents,
    lockedKeys: tables['locked-keys'],
  });
  const vault = openS3Vault({ bucket: bucketName, ...settings });
  const registry = new DynamoRegistry(dynamo, tables.aggregates, clock);
  const deadLetters = new DynamoDeadLetterStore(dynamo, tables.activity, clock);
  const notices = new DynamoNoticeBoard(
    ...([dynamo, tables.activity, clock, new SnsNotifier(sns, cloud.topicArn), settings.waiting] as const),
  );
  const sender = new SqsEventSender(sqs, cloud.queueUrls);
  const keys = await openKmsProvider({ createOwnKeys: false, callMilliseconds }, settings.waiting);
  await registry.read('organization', 'nobody', 'organization');
  await vault.list('nobody/');
  await bus
    .call((client, request) => client.send(new PutEventsCommand({ Entries: [] }), request))
    .catch(refused);
  await sns
    .call((client, request) => client.send(new PublishCommand({ Message: '' }), request))
    .catch(refused);
  const nothing = new SendMessageCommand({ QueueUrl: 'https://sqs.example/1/none', MessageBody: 'none' });
  await sqs.call((client, request) => client.send(nothing, request)).catch(refused);
  return {
    name,
    endpoint: front.endpoint,
    dependencies: {
      registry,
      documents,
      vault,
      policy: new CedarPolicy(registry, documents),
      keys,
      ledger: new DynamoLedger(dynamo, tables.ledger, clock),
      events: new EventBridgeBus(bus, busName),
      feed: new DynamoEventFeed(dynamo, tables.activity, clock),
      notifier: notices,
      notices,
      queues: new DynamoOrganizationQueues({
        calls: dynamo,
        table: tables.activity,
        clock,
        registry,
        sender,
      }),
      idempotencyKeys: new DynamoIdempotencyKeys(dynamo, tables.activity, clock),
      clock,
      build: 'test build',
    },
    carrying: {
      feed: new DynamoEventFeedAppender(dynamo, tables.activity, clock),
      bus: new EventBridgeBus(bus, busName),
      unpublished: new DynamoUnpublishedEvents(dynamo, tables),
    },
    deadLetters,
    failed: new SqsFailedMessages(sqs, cloud.queueUrls, deadLetters),
    close: async () => {
      await keys.close();
      vault.close();
      await front.close();
    },
  };
}

/** The first requests are refused, as they ask for nothing; they have told the SDK where to go. */
function refused(): void {}

function waitingOf({ random, isDead }: LaneTime): Waiting {
  let now = 0;
  return {
    now: () => now,
    sleep: async (milliseconds) => {
      if (isDead()) throw new TypeError('the function was killed');
      now += Math.max(milliseconds, shortestSleep);
    },
    random,
  };
}
