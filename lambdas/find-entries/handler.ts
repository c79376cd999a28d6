import { findEntries } from '#contract/api/ledger.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openLedgerLog } from '#wiring/ledger-log.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerFindEntries } from './http.ts';

/** `findEntries` on AWS Lambda. */
export const handler = await apiFunction('find-entries', (opening) => {
  const registry = openRegistry(opening);
  const needs = { ...opening, registry, ledgerLog: openLedgerLog(opening, registry) };
  return [endpoint('findEntries', findEntries, (call) => answerFindEntries(needs, call))];
});
