import { Duration } from 'aws-cdk-lib';
import { type EventPattern, type IEventBus, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IQueue, Queue, QueueEncryption, QueuePolicy, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Consumer, retries, type Subscription, subscriptions } from '#contract/subscriptions.ts';
import { eventSourceName } from './event-bus.ts';

/** What every queue is: encrypted, reached over TLS only, and keeping messages for as long as SQS can. */
export const queueProps = {
  encryption: QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
  retentionPeriod: Duration.days(14),
} as const satisfies QueueProps;

/** Receives without a failure of the message: a function that was throttled, or gave back what it had no time for. */
const forgivenReceives = 5;

export interface ConsumerQueueProps {
  bus: IEventBus;
  consumer: Consumer;
  /** Of the function that works on the messages. */
  timeoutSeconds: number;
  /** Takes what the bus could not put into the queue. */
  undelivered: IQueue;
}

/** The queue of one consumer, what puts events into it, and where messages go that it could not even put away. */
export class ConsumerQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(
    scope: Construct,
    id: string,
    { bus, consumer, timeoutSeconds, undelivered }: ConsumerQueueProps,
  ) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...queueProps,
      // By a policy that all of them share (`refuseClearText`).
      enforceSSL: false,
      visibilityTimeout: Duration.seconds(6 * 60),
    });
    const tries = retries[consumer].pauses.length + 1;
    this.queue = new Queue(this, 'Queue', {
      ...queueProps,
      // Six times the function's time-out, as AWS Lambda asks for ("Using Lambda with Amazon SQS").
      visibilityTimeout: Duration.seconds(6 * timeoutSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: tries + forgivenReceives },
    });
    const rule = new Rule(this, 'Rule', {
      description: `Enrollment key escrow: sets ${consumer} to work`,
      eventBus: bus,
      eventPattern: patternOf(subscriptions[consumer]),
    });
    const message = RuleTargetInput.fromEventPath('$.detail');
    rule.addTarget(new SqsQueue(this.queue, { message, deadLetterQueue: undelivered }));
  }
}

/** Denies whatever does not come over TLS, to all of some queues by one policy: a stack takes only so many resources. */
export function refuseClearText(scope: Construct, id: string, queues: readonly IQueue[]): void {
  const { document } = new QueuePolicy(scope, id, { queues: [...queues] });
  document.addStatements(
    new PolicyStatement({
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['sqs:*'],
      resources: queues.map(({ queueArn }) => queueArn),
      conditions: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  );
}

function patternOf({ types, purpose }: Subscription): EventPattern {
  return {
    source: [eventSourceName],
    detailType: [...types],
    ...(purpose !== undefined && { detail: { data: { purpose: [purpose] } } }),
  };
}
