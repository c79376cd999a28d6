import { Metrics } from '@aws-lambda-powertools/metrics';
import { type MetricDimensions, metricNamespace, metricUnits } from '#contract/metrics.ts';
import type { Counting } from '../counting.ts';

/** Counts in memory until it is told to write down what was counted. */
export interface LambdaMetrics extends Counting {
  /** Writes what was counted since the last time, if anything was, as one line that Amazon CloudWatch makes metrics of. */
  publish(): void;
}

/** Metrics in Amazon CloudWatch's embedded metric format, by Powertools for AWS Lambda. */
export function lambdaMetrics({ function: name, stage }: MetricDimensions): LambdaMetrics {
  const powertools = new Metrics({ namespace: metricNamespace, serviceName: 'enrollment-key-escrow' });
  // In place of the dimension `service`, which would say the same for every function.
  powertools.clearDefaultDimensions();
  powertools.setDefaultDimensions({ function: name, stage });
  let isEmpty = true;
  return {
    add(metric, value = 1) {
      if (!Number.isFinite(value)) return;
      powertools.addMetric(metric, metricUnits[metric], value);
      isEmpty = false;
    },
    publish() {
      // What is empty would be told on the console as a warning.
      if (isEmpty) return;
      powertools.publishStoredMetrics();
      isEmpty = true;
    },
  };
}
