import { proveEntry } from '#contract/api/ledger.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { LedgerTrees } from '#steps/ledger-trees.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openLedgerHashes, openLedgerLog } from '#wiring/ledger-log.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerProveEntry } from './http.ts';

/** `proveEntry` on AWS Lambda. */
export const handler = await apiFunction('prove-entry', (opening) => {
  const registry = openRegistry(opening);
  const ledgerLog = openLedgerLog(opening, registry);
  const needs = {
    ...opening,
    registry,
    ledgerLog,
    trees: new LedgerTrees(ledgerLog, openLedgerHashes(opening)),
  };
  return [endpoint('proveEntry', proveEntry, (call) => answerProveEntry(needs, call))];
});
