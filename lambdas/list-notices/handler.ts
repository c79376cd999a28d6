import { listNotices } from '#contract/api/operations.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openNotices } from '#wiring/notices.ts';
import { answerListNotices } from './http.ts';

/** `listNotices` on AWS Lambda. */
export const handler = await apiFunction('list-notices', (opening) => {
  const needs = { ...opening, notices: openNotices(opening) };
  return [endpoint('listNotices', listNotices, (call) => answerListNotices(needs, call))];
});
