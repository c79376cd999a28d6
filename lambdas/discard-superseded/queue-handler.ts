import { openDocuments } from '#wiring/documents.ts';
import { openKeys } from '#wiring/keys.ts';
import { queueFunction } from '#wiring/queue-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { discardSupersededOf } from './discard-superseded.ts';

/** Discards what was superseded, on AWS Lambda. */
export const handler = await queueFunction(['discard-superseded'], async (opening) => {
  const documents = openDocuments(opening);
  const needs = { ...opening, registry: openRegistry(opening), documents, keys: await openKeys(opening) };
  return (event) => discardSupersededOf(needs, event);
});
