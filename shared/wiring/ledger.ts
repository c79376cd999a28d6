import { DynamoLedger } from '#adapters/dynamodb/ledger.ts';
import { environmentNames } from '#contract/environment.ts';
import { InternalError } from '#domain/errors.ts';
import { type Ledger, recordingAt } from '#ports/ledger.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** The record of what was done and refused, where the function may add to it. @throws SetUpError `not-set-up` */
export function openLedger({ name, spec, environment, dynamoDb, clock }: Opening): Ledger {
  if (!spec.uses.includes('ledger:append')) return noLedger(name);
  const ledger = new DynamoLedger(dynamoDb, given(environment, environmentNames.ledgerTable), clock);
  return recordingAt(name, ledger);
}

function noLedger(name: string): Ledger {
  return {
    async record() {
      throw new InternalError('internal', { cause: `${name} has nothing to record` });
    },
  };
}
