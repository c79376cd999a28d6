import type { MetricName } from '#contract/metrics.ts';

/** Counts what the service does, for whoever watches it. It never fails, and knows of no organization, person or record. */
export interface Counting {
  /** @param value a finite number in the unit of the metric; 1 if absent */
  add(metric: MetricName, value?: number): void;
}
