import { type EnvironmentName, environmentNames as names } from '#contract/environment.ts';
import { environmentOf } from '#contract/function-environment.ts';
import { type FunctionName, functions } from '#contract/functions.ts';
import { subscriptions } from '#contract/subscriptions.ts';

const queueUrls = Object.fromEntries(
  Object.keys(subscriptions).map((consumer) => [
    consumer,
    `https://sqs.eu-central-1.amazonaws.com/123456789012/${consumer}`,
  ]),
);

/** A value of each variable but the function's name. */
const values: Readonly<Record<Exclude<EnvironmentName, typeof names.functionName>, string>> = {
  [names.stage]: 'test',
  [names.aggregatesTable]: 'test-aggregates',
  [names.documentsTable]: 'test-documents',
  [names.lockedKeysTable]: 'test-locked-keys',
  [names.ledgerTable]: 'test-ledger',
  [names.activityTable]: 'test-activity',
  [names.backupBucket]: 'test-backups',
  [names.segmentBucket]: 'segments',
  [names.segmentBucketOwner]: '111122223333',
  [names.segmentRetentionDays]: '1095',
  [names.eventBus]: 'test-bus',
  [names.noticeTopic]: 'arn:aws:sns:eu-central-1:123456789012:test-notices',
  [names.queueUrls]: JSON.stringify(queueUrls),
  [names.keyPairMakers]: JSON.stringify({ identity: 'test-identity', encryption: 'test-encryption' }),
  [names.escrowMaker]: 'test-encryption',
  [names.custody]: 'kms',
  [names.kmsAliasPrefix]: 'enrollment-key-escrow/test',
  [names.kmsKeySource]: 'memory',
  [names.tokenModule]: '/opt/vendor/pkcs11.so',
  [names.tokenLabel]: 'escrow',
  [names.tokenPin]: 'secretsmanager:test-pin',
  [names.retiredReceiptKeys]: '{"keys":[]}',
  [names.tokenSettings]: JSON.stringify({ issuer: 'https://issuer.example', audience: 'escrow' }),
  [names.resource]: 'https://escrow.example',
  [names.canarySecret]: 'test-canary',
};

/** What a function is told over AWS KMS: those variables that it is told, and no others. */
export function environmentOfFunction(name: FunctionName): Record<string, string> {
  const all: Readonly<Record<string, string>> = { ...values, [names.functionName]: name };
  return Object.fromEntries(environmentOf(functions[name], 'kms').map((each) => [each, all[each] ?? '']));
}
