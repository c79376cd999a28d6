import { openCanarySecret } from '#wiring/canary-secret.ts';
import { openDocuments } from '#wiring/documents.ts';
import { queueFunction } from '#wiring/queue-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { tellCanariesChecked } from '#wiring/tell-checked.ts';
import { openVault } from '#wiring/vault.ts';
import { checkCanaries } from './check-canaries.ts';

/** Opens the canaries' backups, on AWS Lambda. */
export const handler = await queueFunction(
  ['check-canaries'],
  (opening) => {
    const canarySecret = openCanarySecret(opening);
    const documents = openDocuments(opening);
    const needs = { ...opening, registry: openRegistry(opening), vault: openVault(opening) };
    return async (event) => {
      const { opened, findings } = await checkCanaries({ ...needs, documents, canarySecret }, event);
      tellCanariesChecked(opening, { count: opened.length, findings });
    };
  },
  { lanes: 1, needsSeconds: 30 },
);
