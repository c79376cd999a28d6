import { DynamoLedger } from '#adapters/dynamodb/ledger.ts';
import { environmentNames } from '#contract/environment.ts';
import type { Ledger } from '#ports/ledger.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** The record of what was done and refused. @throws SetUpError `not-set-up` */
export function openLedger({ environment, dynamoDb, clock }: Opening): Ledger {
  return new DynamoLedger(dynamoDb, given(environment, environmentNames.ledgerTable), clock);
}
