import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { type MetricName, metricNamespace } from '#contract/metrics.ts';
import { usual, type Watched, watchedFunction } from './watched.ts';

/** The service at a glance: what comes in, what becomes of it, what waits, what fails. */
export class ServiceDashboard extends Dashboard {
  constructor(scope: Construct, id: string, watched: Watched) {
    super(scope, id, { defaultInterval: Duration.hours(12) });
    const { stage } = watched;
    this.addWidgets(
      graph('Requests', apiMetrics(watched)),
      graph('What became of them', [
        summed('Enrolled', stage),
        summed('Escrowed', stage),
        summed('Refused', stage),
      ]),
      graph('Seconds from request to proved escrow', [
        found('SecondsFromRequestToProvedEscrow', stage, 'p50'),
        found('SecondsFromRequestToProvedEscrow', stage, 'p90'),
      ]),
    );
    this.addWidgets(
      graph('Messages that wait', queueMetrics(watched)),
      graph('Events behind, milliseconds', [
        watchedFunction(watched, 'carry-events').lambda.metric('IteratorAge', {
          ...usual,
          statistic: 'Maximum',
        }),
      ]),
      graph('Given up', [
        summed('DeliveriesRetried', stage),
        summed('DeliveriesBuried', stage),
        summed('MessagesUnhandled', stage),
        summed('DeadLetters', stage),
      ]),
    );
    this.addWidgets(
      graph('Errors by function', eachFunction(watched, 'Errors')),
      graph('Milliseconds by function', eachFunction(watched, 'Duration')),
      graph('Checks', [
        summed('BackupsChecked', stage),
        summed('BackupChecksFailed', stage),
        summed('CanariesOpened', stage),
        summed('CanaryChecksFailed', stage),
      ]),
    );
  }
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 8, height: 6 });
}

function apiMetrics({ api }: Watched): IMetric[] {
  return ['Count', '4xx', '5xx'].map(
    (metricName) =>
      new Metric({
        namespace: 'AWS/ApiGateway',
        metricName,
        dimensionsMap: { ApiId: api.apiId },
        ...usual,
      }),
  );
}

function queueMetrics({ queues }: Watched): IMetric[] {
  return [...queues].map(([label, { queue }]) =>
    queue.metricApproximateNumberOfMessagesVisible({ ...usual, statistic: 'Maximum', label }),
  );
}

function eachFunction({ functions }: Watched, metricName: 'Errors' | 'Duration'): IMetric[] {
  const statistic = metricName === 'Errors' ? 'Sum' : 'p90';
  return functions.map(({ name, lambda }) => lambda.metric(metricName, { ...usual, statistic, label: name }));
}

/** One of the service's own metrics of all functions that count it, which is found as the dashboard is looked at. */
function found(name: MetricName, stage: string, statistic: string): IMetric {
  const dimensions = `{${metricNamespace},function,stage} MetricName="${name}" stage="${stage}"`;
  const expression = `SEARCH('${dimensions}', '${statistic}', 300)`;
  return new MathExpression({ expression, label: `${name} ${statistic}`, usingMetrics: {} });
}

function summed(name: MetricName, stage: string): IMetric {
  const dimensions = `{${metricNamespace},function,stage} MetricName="${name}" stage="${stage}"`;
  const expression = `SUM(SEARCH('${dimensions}', 'Sum', 300))`;
  return new MathExpression({ expression, label: name, usingMetrics: {} });
}
