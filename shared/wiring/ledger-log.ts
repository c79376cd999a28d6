import { DynamoLedgerHashes } from '#adapters/dynamodb/ledger-hashes.ts';
import { DynamoLedgerLog } from '#adapters/dynamodb/ledger-log.ts';
import { environmentNames } from '#contract/environment.ts';
import type { LedgerHashes } from '#ports/ledger-hashes.ts';
import type { LedgerLog } from '#ports/ledger-log.ts';
import type { Registry } from '#ports/registry.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';
import { openSegments } from './segments.ts';

/** The ledgers, for whoever reads them. @throws SetUpError `not-set-up` */
export function openLedgerLog(opening: Opening, registry: Registry): LedgerLog {
  const { environment, dynamoDb: calls } = opening;
  const table = given(environment, environmentNames.ledgerTable);
  return new DynamoLedgerLog({ calls, table, registry, segments: openSegments(opening) });
}

/** What is kept of their trees. @throws SetUpError `not-set-up` */
export function openLedgerHashes({ environment, dynamoDb }: Opening): LedgerHashes {
  return new DynamoLedgerHashes(dynamoDb, given(environment, environmentNames.ledgerTable));
}
