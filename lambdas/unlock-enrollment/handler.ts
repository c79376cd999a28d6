import { unlockEnrollment } from '#contract/api/keys.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerUnlockEnrollment } from './http.ts';

/** `unlockEnrollment` on AWS Lambda. */
export const handler = await apiFunction('unlock-enrollment', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening) };
  return [endpoint('unlockEnrollment', unlockEnrollment, (call) => answerUnlockEnrollment(needs, call))];
});
