import { readSegment } from '#contract/api/ledger.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openSegments } from '#wiring/segments.ts';
import { answerReadSegment } from './http.ts';

/** `readSegment` on AWS Lambda. */
export const handler = await apiFunction('read-segment', (opening) => {
  const needs = { ...opening, segments: openSegments(opening) };
  return [endpoint('readSegment', readSegment, (call) => answerReadSegment(needs, call))];
});
