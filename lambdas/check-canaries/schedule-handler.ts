import { openBus } from '#wiring/bus.ts';
import { openCanarySecret } from '#wiring/canary-secret.ts';
import { openKeys } from '#wiring/keys.ts';
import { openLedger } from '#wiring/ledger.ts';
import { openRegistry } from '#wiring/registry.ts';
import { scheduleFunction } from '#wiring/schedule-function.ts';
import { requestCanary } from './request-canary.ts';
import { startCanaryCheck } from './start-canary-check.ts';

/** Asks for the day's canary and has those before it checked, on AWS Lambda. */
export const handler = await scheduleFunction('request-canary', async (opening) => {
  const stores = { registry: openRegistry(opening), ledger: openLedger(opening), events: openBus(opening) };
  const canarySecret = openCanarySecret(opening);
  const needs = { ...opening, ...stores, canarySecret, keys: await openKeys(opening) };
  return async () => {
    // The first one is yet to be made.
    if ((await requestCanary(needs)) === 'requested') await startCanaryCheck(needs);
  };
});
