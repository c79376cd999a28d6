import * as v from 'valibot';

/** What a function is told by its environment: names of resources, never a secret. */
export const environmentNames = {
  /** Which function it is: its name in the table of functions. */
  functionName: 'ESCROW_FUNCTION',
  /** Which of an account's deployments it belongs to, as in `production`. */
  stage: 'ESCROW_STAGE',
  /** Names of tables on Amazon DynamoDB. */
  aggregatesTable: 'ESCROW_AGGREGATES_TABLE',
  documentsTable: 'ESCROW_DOCUMENTS_TABLE',
  lockedKeysTable: 'ESCROW_LOCKED_KEYS_TABLE',
  ledgerTable: 'ESCROW_LEDGER_TABLE',
  activityTable: 'ESCROW_ACTIVITY_TABLE',
  /** Name of the S3 bucket that keeps escrowed backups. */
  backupBucket: 'ESCROW_BACKUP_BUCKET',
  /** Name of the S3 bucket that keeps the ledgers' segments, and the account that it must belong to. */
  segmentBucket: 'ESCROW_SEGMENT_BUCKET',
  segmentBucketOwner: 'ESCROW_SEGMENT_BUCKET_OWNER',
  /** How long a segment is locked from its writing, in days. */
  segmentRetentionDays: 'ESCROW_SEGMENT_RETENTION_DAYS',
  /** Name of the EventBridge bus. */
  eventBus: 'ESCROW_EVENT_BUS',
  /** ARN of the SNS topic that notices go to. */
  noticeTopic: 'ESCROW_NOTICE_TOPIC',
  /** The URLs of consumers' queues, those that the function has to do with: a JSON object by the consumer's name. */
  queueUrls: 'ESCROW_QUEUE_URLS',
  /** The functions that make key pairs under a password: a JSON object of their names on AWS Lambda by purpose. */
  keyPairMakers: 'ESCROW_KEY_PAIR_MAKERS',
  /** The function that makes escrows that became due, by its name on AWS Lambda. */
  escrowMaker: 'ESCROW_ESCROW_MAKER',
  /** Where keys live: `kms` or `pkcs11`. */
  custody: 'ESCROW_CUSTODY',
  /** What the aliases of the service's KMS keys begin with, after `alias/`. */
  kmsAliasPrefix: 'ESCROW_KMS_ALIAS_PREFIX',
  /** Whether exportable key pairs are made in `memory` and wrapped by KMS, or by `kms`. */
  kmsKeySource: 'ESCROW_KMS_KEY_SOURCE',
  /** A token's library, its label, and where its PIN is, as `pinSource` reads it. */
  tokenModule: 'ESCROW_TOKEN_MODULE',
  tokenLabel: 'ESCROW_TOKEN_LABEL',
  tokenPin: 'ESCROW_TOKEN_PIN',
  /** Keys that signed receipts before: a JSON Web Key Set (RFC 7517 section 5). */
  retiredReceiptKeys: 'ESCROW_RETIRED_RECEIPT_KEYS',
  /** How access tokens are verified: JSON, as `tokenSettings` reads it. */
  tokenSettings: 'ESCROW_TOKEN_SETTINGS',
  /** The service's own URL, which access tokens are asked for; without a slash at its end. */
  resource: 'ESCROW_RESOURCE',
  /** Where the private half of the canaries' recovery key is: the name of a secret of AWS Secrets Manager. */
  canarySecret: 'ESCROW_CANARY_SECRET',
} as const;

export type EnvironmentName = (typeof environmentNames)[keyof typeof environmentNames];

const text = v.optional(v.pipe(v.string(), v.nonEmpty('is empty|Set it.')));

const name = v.pipe(v.string(), v.nonEmpty());

/** A JSON text that a schema reads on. */
function json<T extends v.GenericSchema>(schema: T) {
  const parsed = v.parseJson(undefined, 'is not JSON|Write it as JSON.');
  return v.optional(v.pipe(v.string(), parsed, schema));
}

/**
 * The environment as a function reads it: each name with what it may hold. All are optional here; which of them a function must
 * have, `function-environment.ts` says.
 */
export const environmentSchema = v.object({
  [environmentNames.functionName]: text,
  [environmentNames.stage]: text,
  [environmentNames.aggregatesTable]: text,
  [environmentNames.documentsTable]: text,
  [environmentNames.lockedKeysTable]: text,
  [environmentNames.ledgerTable]: text,
  [environmentNames.activityTable]: text,
  [environmentNames.backupBucket]: text,
  [environmentNames.segmentBucket]: text,
  [environmentNames.segmentBucketOwner]: v.optional(
    v.pipe(v.string(), v.regex(/^\d{12}$/, 'is not the number of an AWS account|Name its twelve digits.')),
  ),
  [environmentNames.segmentRetentionDays]: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[1-9]\d{0,3}$/, 'is not a number of days|Name a whole number from 1 to 7320.'),
      v.transform(Number),
    ),
  ),
  [environmentNames.eventBus]: text,
  [environmentNames.noticeTopic]: text,
  [environmentNames.queueUrls]: json(v.record(v.string(), v.pipe(v.string(), v.url()))),
  [environmentNames.keyPairMakers]: json(v.strictObject({ identity: name, encryption: name })),
  [environmentNames.escrowMaker]: text,
  [environmentNames.custody]: v.optional(v.picklist(['kms', 'pkcs11'])),
  [environmentNames.kmsAliasPrefix]: text,
  [environmentNames.kmsKeySource]: v.optional(v.picklist(['memory', 'kms'])),
  [environmentNames.tokenModule]: text,
  [environmentNames.tokenLabel]: text,
  [environmentNames.tokenPin]: text,
  [environmentNames.retiredReceiptKeys]: json(v.object({ keys: v.array(v.unknown()) })),
  [environmentNames.tokenSettings]: json(v.unknown()),
  [environmentNames.resource]: v.optional(
    v.pipe(v.string(), v.url(), v.regex(/[^/]$/, 'ends with a slash|Leave it out.')),
  ),
  [environmentNames.canarySecret]: text,
});

/** What a function was told. */
export type FunctionEnvironment = v.InferOutput<typeof environmentSchema>;
