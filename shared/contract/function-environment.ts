import type { Custody } from '#domain/purpose.ts';
import { type EnvironmentName, environmentNames as names } from './environment.ts';
import type { FunctionSpec, Use } from './functions.ts';

/** Where keys live that functions work with; those of software are for one machine. */
export type FunctionCustody = Exclude<Custody, 'software'>;

/** What every function is told: its name in the table of functions, and the stage, which its metrics are told apart by. */
const always: readonly EnvironmentName[] = [names.functionName, names.stage];

const onTrigger: Readonly<Record<'routes' | 'consumer' | 'unhandled', readonly EnvironmentName[]>> = {
  routes: [names.resource, names.tokenSettings],
  /** To hide a message for as long as its policy says: the consumer's own queue. */
  consumer: [names.queueUrls],
  /** To tell whose message it was: the dead-letter queue of each consumer. */
  unhandled: [names.queueUrls],
};

/** What an adapter must be told for a use, beyond where keys are. */
const onUse: Readonly<Record<Exclude<Use, `keys:${string}`>, readonly EnvironmentName[]>> = {
  'aggregates:read': [names.aggregatesTable],
  'aggregates:write': [names.aggregatesTable],
  'aggregates:by-state': [names.aggregatesTable],
  'aggregates:by-mark': [names.aggregatesTable],
  'aggregates:by-subscriber': [names.aggregatesTable],
  'aggregates:all': [names.aggregatesTable],
  'aggregates:read-many': [names.aggregatesTable],
  'documents:read': [names.documentsTable],
  'documents:write': [names.documentsTable],
  'documents:discard': [names.documentsTable],
  'locked-keys:read': [names.lockedKeysTable],
  'locked-keys:write': [names.lockedKeysTable],
  'locked-keys:discard': [names.lockedKeysTable],
  'backups:read': [names.backupBucket],
  'backups:write': [names.backupBucket],
  'backups:list': [names.backupBucket],
  'ledger:append': [names.ledgerTable],
  'ledger:lines': [names.ledgerTable],
  'ledger:find': [names.ledgerTable],
  'ledger:hashes': [names.ledgerTable],
  'ledger:locate': [names.ledgerTable],
  'ledger:seal': [names.ledgerTable],
  'segments:read': [names.segmentBucket, names.segmentBucketOwner],
  'segments:list': [names.segmentBucket, names.segmentBucketOwner],
  'segments:write': [names.segmentBucket, names.segmentBucketOwner, names.segmentRetentionDays],
  'claims:write': [names.activityTable],
  'feed:read': [names.activityTable],
  'feed:append': [names.activityTable],
  'notices:read': [names.activityTable],
  'notices:write': [names.activityTable],
  'dead-letters:read': [names.activityTable],
  'dead-letters:write': [names.activityTable],
  'dead-letters:redrive': [names.activityTable, names.queueUrls],
  'bus:publish': [names.eventBus],
  'topic:notify': [names.noticeTopic],
  'canary-secret:read': [names.canarySecret],
  'invoke:make-key-pair': [names.keyPairMakers],
  'invoke:escrow-key': [names.escrowMaker],
};

const onCustody: Readonly<Record<FunctionCustody, readonly EnvironmentName[]>> = {
  kms: [names.custody, names.retiredReceiptKeys, names.kmsAliasPrefix, names.kmsKeySource],
  pkcs11: [names.custody, names.retiredReceiptKeys, names.tokenModule, names.tokenLabel, names.tokenPin],
};

/**
 * What a function is told by its environment: by what sets it to work, and by what it may do. Whoever deploys the function sets
 * these and no others, and its wiring reads no others.
 * @returns each name once, in alphabetical order
 */
export function environmentOf(
  { on, uses }: Pick<FunctionSpec, 'on' | 'uses'>,
  custody: FunctionCustody,
): readonly EnvironmentName[] {
  const all = [
    ...always,
    ...('routes' in on ? onTrigger.routes : []),
    ...('consumer' in on ? onTrigger.consumer : []),
    ...('unhandled' in on ? onTrigger.unhandled : []),
    ...uses.flatMap((use) => (isOfKeys(use) ? onCustody[custody] : onUse[use])),
  ];
  return [...new Set(all)].sort();
}

function isOfKeys(use: Use): use is Extract<Use, `keys:${string}`> {
  return use.startsWith('keys:');
}
