import { type MetricName, metricNamespace, metricUnits } from '#contract/metrics.ts';

/**
 * Counts one of something that hardly ever happens, for a function that counts nothing else: what does so is loaded for it. It is told
 * of the stage alone, so that one alarm sees it of whichever function. It never fails.
 */
export async function countInStage(stage: string, metric: MetricName): Promise<void> {
  try {
    const { Metrics } = await import('@aws-lambda-powertools/metrics');
    const powertools = new Metrics({ namespace: metricNamespace, serviceName: 'enrollment-key-escrow' });
    powertools.clearDefaultDimensions();
    powertools.setDefaultDimensions({ stage });
    powertools.addMetric(metric, metricUnits[metric], 1);
    powertools.publishStoredMetrics();
  } catch {
    // It was logged; what was asked is answered.
  }
}
