import { readReceipt } from '#contract/api/keys.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerReadReceipt } from './http.ts';

/** `readReceipt` on AWS Lambda. */
export const handler = await apiFunction('read-receipt', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening), documents: openDocuments(opening) };
  return [endpoint('readReceipt', readReceipt, (call) => answerReadReceipt(needs, call))];
});
