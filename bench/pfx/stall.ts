import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

const resolutionMs = 1;
/** The monitor counts from its first look at the loop (a reset would ask for another), and needs a last one after the work. */
const settleMs = 10 * resolutionMs;

/**
 * Runs some work and says how long the event loop stood still at the longest, in milliseconds. The loop is looked at
 * each millisecond, so what is said is at most that much too long.
 */
export async function longestStallMs(work: () => Promise<unknown>): Promise<number> {
  const monitor = monitorEventLoopDelay({ resolution: resolutionMs });
  monitor.enable();
  await pause(settleMs);
  await work();
  await pause(settleMs);
  monitor.disable();
  return monitor.max / 1e6;
}
