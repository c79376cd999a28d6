import { Duration } from 'aws-cdk-lib';
import type { IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { type IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { FunctionName } from '#contract/functions.ts';
import { type MetricName, metricNamespace } from '#contract/metrics.ts';
import type { Consumer } from '#contract/subscriptions.ts';
import type { FollowedTable } from '../function-names.ts';
import type { ConsumerQueue } from './consumer-queue.ts';
import type { ServiceFunction } from './service-function.ts';

/** What is watched of a service. */
export interface Watched {
  stage: string;
  api: IHttpApi;
  functions: readonly ServiceFunction[];
  queues: ReadonlyMap<Consumer, ConsumerQueue>;
  /** What the bus could not put into a queue. */
  undelivered: IQueue;
  /** Changes of a table that were not worked on in time, by table. */
  putAside: Readonly<Record<FollowedTable, IQueue>>;
}

export interface Measure {
  statistic: 'Sum' | 'Maximum' | 'p90';
  period: Duration;
}

/** A sum over five minutes. */
export const usual: Measure = { statistic: 'Sum', period: Duration.minutes(5) };

/** One of the service's own metrics, of one function. */
export function ownMetric(
  stage: string,
  metricName: MetricName,
  functionName: FunctionName,
  measure: Measure = usual,
): IMetric {
  const dimensionsMap = { function: functionName, stage };
  return new Metric({ namespace: metricNamespace, metricName, dimensionsMap, ...measure });
}

/** The function of a name, among those that are watched. */
export function watchedFunction({ functions }: Watched, name: FunctionName): ServiceFunction {
  const found = functions.find((one) => one.name === name);
  if (found === undefined) throw new RangeError(`there is no function ${name}`);
  return found;
}
