import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type MetricName, metricNamespace } from '#contract/metrics.ts';
import { specOf } from '../function-names.ts';
import { isKeyUse } from '../permissions/key-permissions.ts';
import type { ServiceFunction } from './service-function.ts';
import { ownMetric, usual, type Watched, watchedFunction } from './watched.ts';

export interface AlarmsProps extends Watched {
  topic: ITopic;
}

/** What is wrong when. */
interface Condition {
  metric: IMetric;
  /** The section of `docs/runbook.md` that says what to do. */
  section: string;
  /** What it means, as a sentence. */
  means: string;
  /** It is wrong to be over this; 0 if not given. */
  above?: number;
  /** It is wrong to be below this, and to be silent. */
  below?: number;
  /** For so many periods in a row; 1 if not given. */
  periods?: number;
}

const minutes = (count: number) => Duration.minutes(count);
const largest = { statistic: 'Maximum', period: minutes(5) } as const;

/** Tells whoever runs the service what is wrong, and where it is written what to do. */
export class Alarms extends Construct {
  readonly #topic: ITopic;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#topic = props.topic;
    const conditions = { ...ofEvents(props), ...ofRequests(props), ...ofChecks(props), ...ofLedgers(props) };
    for (const [name, condition] of Object.entries(conditions)) this.watch(name, condition);
    // What answers a route is seen by the API; the others by nobody else.
    for (const one of props.functions.filter(({ name }) => !('routes' in specOf(name).on))) {
      this.watch(`FunctionErrors-${one.name}`, ofErrors(one));
    }
    this.watch('KeysBusy', this.keysBusy(props));
  }

  private watch(id: string, condition: Condition): void {
    const { metric, section, means, above = 0, below, periods = 1 } = condition;
    const alarm = new Alarm(this, id, {
      alarmDescription: `${means} What to do: docs/runbook.md#${section}`,
      metric,
      evaluationPeriods: periods,
      threshold: below ?? above,
      comparisonOperator:
        below === undefined
          ? ComparisonOperator.GREATER_THAN_THRESHOLD
          : ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: below === undefined ? TreatMissingData.NOT_BREACHING : TreatMissingData.BREACHING,
    });
    const tell = new SnsAction(this.#topic);
    alarm.addAlarmAction(tell);
    alarm.addOkAction(tell);
  }

  /** AWS KMS counts nobody's throttled calls; the functions' logs name those that were repeated in vain. */
  private keysBusy({ stage, functions }: Watched): Condition {
    const metricName = `ProviderBusy-${stage}`;
    const ofKeys = functions.filter(({ name }) => specOf(name).uses.some(isKeyUse));
    for (const { name, log } of ofKeys) {
      new MetricFilter(this, `Busy-${name}`, {
        logGroup: log,
        filterPattern: FilterPattern.literal('"provider-busy"'),
        metricNamespace,
        metricName,
      });
    }
    return {
      metric: new Metric({ namespace: metricNamespace, metricName, ...usual }),
      section: 'keys-busy',
      means: 'Custody refused calls as too many, and repeating them did not help.',
      above: 10,
    };
  }
}

function ofEvents(watched: Watched): Record<string, Condition> {
  const { stage, queues, undelivered, putAside } = watched;
  const { lambda: carrier } = watchedFunction(watched, 'carry-events');
  const ages = [...queues]
    // Its messages wait for a day, where a webhook does not answer.
    .filter(([consumer]) => consumer !== 'deliver-webhook')
    .map(
      ([, { queue }], index) => [`q${index}`, queue.metricApproximateAgeOfOldestMessage(largest)] as const,
    );
  return {
    EventsBehind: {
      metric: carrier.metric('IteratorAge', largest),
      section: 'events-behind',
      means: 'Events are not carried: the oldest that waits is more than five minutes old.',
      above: minutes(5).toMilliseconds(),
      periods: 2,
    },
    EventsPutAside: {
      metric: putAside.aggregates.metricApproximateNumberOfMessagesVisible(largest),
      section: 'events-put-aside',
      means: 'Events of some records could not be carried, and were put aside.',
    },
    EventsPassedOver: {
      metric: ownMetric(stage, 'EventsPassedOver', 'carry-events'),
      section: 'events-passed-over',
      means: 'Events can never be carried, and were left behind.',
    },
    EventsUndelivered: {
      metric: undelivered.metricApproximateNumberOfMessagesVisible(largest),
      section: 'events-undelivered',
      means: 'The bus could not put events into a queue.',
    },
    MessagesWait: {
      metric: new MathExpression({
        expression: `MAX([${ages.map(([id]) => id).join(',')}])`,
        label: 'oldest message, seconds',
        usingMetrics: Object.fromEntries(ages),
        period: minutes(5),
      }),
      section: 'messages-wait',
      means: 'A message has waited for more than half an hour.',
      above: minutes(30).toSeconds(),
      periods: 2,
    },
    EnrollmentsWait: {
      metric: ownMetric(stage, 'EnrollmentsWaitingLong', 'reconcile', largest),
      section: 'messages-wait',
      means: 'Enrollments have waited for their key for more than an hour.',
    },
    DeadLetters: {
      metric: ownMetric(stage, 'DeadLetters', 'reconcile', largest),
      section: 'dead-letters',
      means: 'Messages were given up, and wait for somebody.',
    },
    MessagesUnhandled: {
      metric: ownMetric(stage, 'MessagesUnhandled', 'keep-dead-letters'),
      section: 'messages-unhandled',
      means: 'Messages fell out of a queue without any function having put them away.',
    },
  };
}

function ofRequests({ stage, api }: Watched): Record<string, Condition> {
  return {
    ApiErrors: {
      metric: new Metric({
        namespace: 'AWS/ApiGateway',
        metricName: '5xx',
        dimensionsMap: { ApiId: api.apiId },
        ...usual,
      }),
      section: 'api-errors',
      means: 'The API answered requests with errors of its own.',
      above: 5,
    },
    PolicyFailed: {
      metric: new Metric({
        namespace: metricNamespace,
        metricName: 'PolicyFailures' satisfies MetricName,
        // Any function that asks a policy counts it.
        dimensionsMap: { stage },
        ...usual,
      }),
      section: 'policy-failed',
      means: "An organization's policy failed on a question, which was refused for that.",
    },
    // Of the region: the functions share their number with all others of the account.
    Throttled: {
      metric: new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', ...usual }),
      section: 'functions-throttled',
      means: 'Functions were not started, as too many ran already in this account and region.',
      periods: 2,
    },
    EscrowSlow: {
      metric: ownMetric(stage, 'SecondsFromRequestToProvedEscrow', 'carry-events', {
        statistic: 'p90',
        period: minutes(15),
      }),
      section: 'escrow-slow',
      means: 'One in ten backups was proved more than ten minutes after its request.',
      above: minutes(10).toSeconds(),
      periods: 2,
    },
  };
}

function ofChecks(watched: Watched): Record<string, Condition> {
  const { stage } = watched;
  const runs = (name: 'reconcile' | 'start-checks', period: Duration) =>
    watchedFunction(watched, name).lambda.metricInvocations({ statistic: 'Sum', period });
  const daily = { statistic: 'Sum', period: Duration.days(1) } as const;
  return {
    ReconcilerNotRun: {
      metric: runs('reconcile', minutes(30)),
      section: 'reconciler-not-run',
      means: 'The reconciler did not run for half an hour.',
      below: 1,
    },
    ReconcilerFailed: {
      metric: ownMetric(stage, 'ReconcileFailures', 'reconcile'),
      section: 'reconciler-failed',
      means: 'The reconciler could not mend something, again and again.',
      periods: 6,
    },
    BackupsMissing: {
      metric: ownMetric(stage, 'BackupsMissing', 'reconcile'),
      section: 'backup-missing',
      means: 'A backup is not where its enrollment says.',
    },
    BackupCheckFailed: {
      metric: ownMetric(stage, 'BackupChecksFailed', 'check-backups'),
      section: 'backup-check-failed',
      means: 'A stored backup is not as it was written.',
    },
    BackupCheckNotRun: {
      metric: runs('start-checks', Duration.days(1)),
      section: 'backup-check-not-run',
      means: 'The stored backups were not checked for two days.',
      below: 1,
      periods: 2,
    },
    CanaryFailed: {
      metric: ownMetric(stage, 'CanaryChecksFailed', 'check-canaries'),
      section: 'canary-failed',
      means: "A canary's backup could not be opened.",
    },
    CanaryLate: {
      metric: ownMetric(stage, 'CanariesOpened', 'check-canaries', daily),
      section: 'canary-late',
      means: "No canary's backup was opened for two days.",
      below: 1,
      periods: 2,
    },
  };
}

function ofLedgers(watched: Watched): Record<string, Condition> {
  const { stage, putAside } = watched;
  const { lambda: sealer } = watchedFunction(watched, 'seal-ledger');
  return {
    LedgerBehind: {
      metric: sealer.metric('IteratorAge', largest),
      section: 'ledger-behind',
      means: 'The ledgers are not sealed: the oldest entry that waits is more than ten minutes old.',
      above: minutes(10).toMilliseconds(),
      periods: 2,
    },
    LedgerPutAside: {
      metric: putAside.ledger.metricApproximateNumberOfMessagesVisible(largest),
      section: 'ledger-put-aside',
      means: 'Entries of the ledger were not sealed in time, and were put aside.',
    },
    LedgerChanged: {
      metric: ownMetric(stage, 'LedgersNotSealed', 'seal-ledger'),
      section: 'ledger-changed',
      means: 'A ledger is not the one that was sealed before, and is not sealed any more.',
    },
  };
}

function ofErrors({ name, lambda }: ServiceFunction): Condition {
  return {
    metric: lambda.metricErrors(usual),
    section: 'function-errors',
    means: `The function ${name} failed as a whole.`,
    above: 2,
  };
}
