import { readLines } from '#contract/api/ledger.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openLedgerLog } from '#wiring/ledger-log.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerReadLines } from './http.ts';

/** `readLines` on AWS Lambda. */
export const handler = await apiFunction('read-lines', (opening) => {
  const registry = openRegistry(opening);
  const needs = { ...opening, registry, ledgerLog: openLedgerLog(opening, registry) };
  return [endpoint('readLines', readLines, (call) => answerReadLines(needs, call))];
});
