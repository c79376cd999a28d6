import { readDossier } from '#contract/api/dossier.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { LedgerTrees } from '#steps/ledger-trees.ts';
import { apiFunction } from '#wiring/api-function.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openKeys } from '#wiring/keys.ts';
import { openLedgerHashes, openLedgerLog } from '#wiring/ledger-log.ts';
import { openNotices } from '#wiring/notices.ts';
import { openRegistry } from '#wiring/registry.ts';
import { answerReadDossier } from './http.ts';

/** `readDossier` on AWS Lambda. */
export const handler = await apiFunction('read-dossier', async (opening) => {
  const registry = openRegistry(opening);
  const ledgerLog = openLedgerLog(opening, registry);
  const needs = {
    ...{ ...opening, registry, ledgerLog, keys: await openKeys(opening) },
    trees: new LedgerTrees(ledgerLog, openLedgerHashes(opening)),
    ...{ documents: openDocuments(opening), notices: openNotices(opening) },
  };
  return [endpoint('readDossier', readDossier, (call) => answerReadDossier(needs, call))];
});
