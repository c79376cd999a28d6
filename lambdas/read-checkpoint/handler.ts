import { readCheckpoint } from '#contract/api/ledger.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerReadCheckpoint } from './http.ts';

/** `readCheckpoint` on AWS Lambda. */
export const handler = await apiFunction('read-checkpoint', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening) };
  return [endpoint('readCheckpoint', readCheckpoint, (call) => answerReadCheckpoint(needs, call))];
});
