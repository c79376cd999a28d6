import { openBus } from '#wiring/bus.ts';
import { openDocuments } from '#wiring/documents.ts';
import { openIdempotencyKeys } from '#wiring/idempotency-keys.ts';
import { openKeys } from '#wiring/keys.ts';
import { openPolicy } from '#wiring/policy.ts';
import { queueFunction } from '#wiring/queue-function.ts';
import { openRegistry } from '#wiring/registry.ts';
import { applyPolicy } from './apply-policy.ts';

/** Applies a policy that was published to the enrollments there are, a page an event, on AWS Lambda. */
export const handler = await queueFunction(
  ['apply-policy'],
  async (opening) => {
    const registry = openRegistry(opening);
    const documents = openDocuments(opening);
    const needs = {
      ...opening,
      ...{ registry, documents },
      policy: await openPolicy(opening, registry, documents),
      keys: await openKeys(opening),
      idempotencyKeys: openIdempotencyKeys(opening),
      events: openBus(opening),
    };
    return (event) => applyPolicy(needs, event);
  },
  // A page plans and writes many enrollments by itself.
  { lanes: 1, needsSeconds: 60 },
);
