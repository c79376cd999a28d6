import { openBus } from '#wiring/bus.ts';
import { openRegistry } from '#wiring/registry.ts';
import { scheduleFunction } from '#wiring/schedule-function.ts';
import { startChecks } from './start-checks.ts';

/** Has the stored backups of every organization checked, on AWS Lambda. */
export const handler = await scheduleFunction('start-checks', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening), events: openBus(opening) };
  return () => startChecks(needs);
});
