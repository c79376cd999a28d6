import { readCsr } from '#contract/api/keys.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerReadCsr } from './http.ts';

/** `readCsr` on AWS Lambda. */
export const handler = await apiFunction('read-csr', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening), documents: openDocuments(opening) };
  return [endpoint('readCsr', readCsr, (call) => answerReadCsr(needs, call))];
});
