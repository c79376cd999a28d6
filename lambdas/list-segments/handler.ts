import { listSegments } from '#contract/api/ledger.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openSegments } from '#wiring/segments.ts';
import { answerListSegments } from './http.ts';

/** `listSegments` on AWS Lambda. */
export const handler = await apiFunction('list-segments', (opening) => {
  const needs = { ...opening, segments: openSegments(opening) };
  return [endpoint('listSegments', listSegments, (call) => answerListSegments(needs, call))];
});
