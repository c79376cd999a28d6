import { readStatus } from '#contract/api/operations.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openKeys } from '#wiring/keys.ts';
import { openOrganizationQueues } from '#wiring/organization-queues.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerReadStatus } from './http.ts';

/** `readStatus` on AWS Lambda. */
export const handler = await apiFunction('read-status', async (opening) => {
  const registry = openRegistry(opening);
  const needs = {
    ...opening,
    registry,
    queues: openOrganizationQueues(opening, registry),
    keys: await openKeys(opening),
  };
  return [endpoint('readStatus', readStatus, (call) => answerReadStatus(needs, call))];
});
