import { listBackups } from '#contract/api/keys.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerListBackups } from './http.ts';

/** `listBackups` on AWS Lambda. */
export const handler = await apiFunction('list-backups', (opening) => {
  const needs = { ...opening, registry: openRegistry(opening), documents: openDocuments(opening) };
  return [endpoint('listBackups', listBackups, (call) => answerListBackups(needs, call))];
});
