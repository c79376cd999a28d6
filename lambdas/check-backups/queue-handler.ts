import { openBus } from '#wiring/bus.ts';
import { openIdempotencyKeys } from '#wiring/idempotency-keys.ts';
import { queueFunction } from '#wiring/queue-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { tellBackupsChecked } from '#wiring/tell-checked.ts';
import { openVault } from '#wiring/vault.ts';
import { checkBackups } from './check-backups.ts';

/** Checks stored backups, a page an event, on AWS Lambda. */
export const handler = await queueFunction(
  ['check-backups'],
  (opening) => {
    const registry = openRegistry(opening);
    const idempotencyKeys = openIdempotencyKeys(opening);
    const needs = {
      ...opening,
      registry,
      idempotencyKeys,
      vault: openVault(opening),
      events: openBus(opening),
    };
    return async (event) => {
      const { checked: count, findings } = await checkBackups(needs, event);
      tellBackupsChecked(opening, { count, findings });
    };
  },
  // A page reads many backups by itself.
  { lanes: 1, needsSeconds: 120 },
);
