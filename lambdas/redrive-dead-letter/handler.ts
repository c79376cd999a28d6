import { redriveDeadLetter } from '#contract/api/operations.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openRedrive } from '#wiring/redrive.ts';
import { answerRedriveDeadLetter } from './http.ts';

/** `redriveDeadLetter` on AWS Lambda. */
export const handler = await apiFunction('redrive-dead-letter', (opening) => {
  const needs = { ...opening, queues: openRedrive(opening) };
  return [endpoint('redriveDeadLetter', redriveDeadLetter, (call) => answerRedriveDeadLetter(needs, call))];
});
