import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Use } from '#contract/functions.ts';
import { type TableName, tables } from '#contract/tables.ts';
import type { RecordTable } from '../constructs/record-table.ts';
import { throughService } from './through-service.ts';

/** The uses of `functions.ts` that are of tables. */
export type TableUse = Extract<
  Use,
  `${'aggregates' | 'documents' | 'locked-keys' | 'ledger' | 'claims' | 'feed' | 'notices' | 'dead-letters'}:${string}`
>;

interface TablePermission {
  table: TableName;
  /** Without `dynamodb:`. */
  actions: readonly string[];
  /** The index that it is for; the table itself if absent. */
  index?: string;
  /** What the partition keys begin with that it is for, each followed by `#`; the whole table if absent. */
  collections?: readonly string[];
  /** What the partition keys that it is for end with, after a `#`. */
  collectionsOf?: readonly string[];
  /** The attributes that a write may name, or be conditioned on; all if absent. */
  attributes?: readonly string[];
}

const entryKey = [tables.ledger.partitionKey, tables.ledger.sortKey];
/** Of an entry, as it is put (`shared/adapters/dynamodb/ledger.ts`). */
const entryAttributes = [...entryKey, 'body', 'sha256'];
/** What sealing notes in it (`shared/adapters/dynamodb/sealed-rows.ts`). */
const sealedAttributeNames = [
  'sealedIn',
  'previousSha256',
  ...new Set(Object.values(tables.ledger.indexes).flatMap((each) => [each.partitionKey, each.sortKey])),
];

/**
 * What each use is, as actions on one table. Every write is conditional, and where one was refused what is there is read, to see
 * whether an earlier request of the same write stands: who may write may read, too; but in the ledger, where whoever adds an entry
 * can neither read one, nor write what sealing notes in it. What seals it alone has `UpdateItem`, for just that. None needs a
 * transaction or a scan.
 */
const permissions: Readonly<Record<TableUse, TablePermission | readonly TablePermission[]>> = {
  'aggregates:read': { table: 'aggregates', actions: ['GetItem'] },
  'aggregates:by-state': { table: 'aggregates', index: 'by-state', actions: ['Query'] },
  'aggregates:by-mark': { table: 'aggregates', index: 'by-mark', actions: ['Query'] },
  'aggregates:by-subscriber': { table: 'aggregates', index: 'by-subscriber', actions: ['Query'] },
  'aggregates:all': { table: 'aggregates', actions: ['Query'] },
  'aggregates:read-many': { table: 'aggregates', actions: ['BatchGetItem'] },
  'aggregates:write': { table: 'aggregates', actions: ['PutItem'] },
  'documents:read': { table: 'documents', actions: ['GetItem'] },
  'documents:write': { table: 'documents', actions: ['PutItem'] },
  'documents:discard': { table: 'documents', actions: ['DeleteItem'] },
  'locked-keys:read': { table: 'locked-keys', actions: ['GetItem'] },
  'locked-keys:write': { table: 'locked-keys', actions: ['PutItem'] },
  'locked-keys:discard': { table: 'locked-keys', actions: ['DeleteItem'] },
  'ledger:append': { table: 'ledger', actions: ['PutItem'], attributes: entryAttributes },
  'ledger:lines': { table: 'ledger', actions: ['Query'] },
  'ledger:find': [
    { table: 'ledger', index: 'by-enrollment', actions: ['Query'] },
    { table: 'ledger', index: 'by-principal', actions: ['Query'] },
    { table: 'ledger', index: 'by-refusal', actions: ['Query'] },
    { table: 'ledger', actions: ['BatchGetItem'] },
  ],
  'ledger:hashes': { table: 'ledger', actions: ['BatchGetItem'], collectionsOf: ['segments'] },
  'ledger:locate': { table: 'ledger', actions: ['GetItem'] },
  'ledger:seal': [
    { table: 'ledger', actions: ['Query', 'BatchGetItem'] },
    { table: 'ledger', actions: ['UpdateItem'], attributes: [...entryKey, ...sealedAttributeNames] },
    { table: 'ledger', actions: ['PutItem'], collectionsOf: ['segments'] },
  ],
  'claims:write': { table: 'activity', actions: ['PutItem', 'GetItem'], collections: ['claims'] },
  'feed:read': { table: 'activity', actions: ['Query'], collections: ['feed'] },
  'feed:append': { table: 'activity', actions: ['Query', 'PutItem'], collections: ['feed'] },
  'notices:read': [
    { table: 'activity', actions: ['Query'], collections: ['notices'] },
    { table: 'activity', index: 'by-subscriber', actions: ['Query'] },
  ],
  'notices:write': {
    table: 'activity',
    actions: ['PutItem', 'GetItem'],
    collections: ['notices', 'notice-ids'],
  },
  'dead-letters:read': { table: 'activity', actions: ['Query'], collections: ['dead-letters'] },
  'dead-letters:write': { table: 'activity', actions: ['PutItem', 'GetItem'], collections: ['dead-letters'] },
  'dead-letters:redrive': {
    table: 'activity',
    actions: ['GetItem', 'PutItem', 'DeleteItem'],
    collections: ['dead-letters'],
  },
};

/** @returns the statements for the table uses among `uses`, with what it takes to decrypt and encrypt at rest */
export function tableStatements(
  uses: readonly Use[],
  made: Readonly<Record<TableName, RecordTable>>,
  vaultKey: IKey,
): PolicyStatement[] {
  const wanted = uses.filter(isTableUse).flatMap((use) => permissions[use]);
  if (wanted.length === 0) return [];
  const data = wanted.map((permission) => statementOf(permission, made));
  const changing = wanted.some(({ actions }) => actions.some((action) => changes.includes(action)));
  return [...data, atRest(vaultKey, changing)];
}

const changes: readonly string[] = ['PutItem', 'DeleteItem', 'UpdateItem'];

function isTableUse(use: Use): use is TableUse {
  return Object.hasOwn(permissions, use);
}

function statementOf(
  permission: TablePermission,
  made: Readonly<Record<TableName, RecordTable>>,
): PolicyStatement {
  const { table, actions, index } = permission;
  const { tableArn } = made[table];
  const conditions = conditionsOf(permission);
  return new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [index === undefined ? tableArn : `${tableArn}/index/${index}`],
    ...(Object.keys(conditions).length > 0 && { conditions }),
  });
}

/** A request without keys, as a scan is, would have none that does not match; no use has that action. */
function conditionsOf({ collections = [], collectionsOf = [], attributes }: TablePermission) {
  const keys = [...collections.map((name) => `${name}#*`), ...collectionsOf.map((name) => `*#${name}`)];
  return {
    ...(keys.length > 0 && { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } }),
    ...(attributes && { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...attributes] } }),
  };
}

/** What DynamoDB does with the key in a caller's name ("Encryption at rest" of its developer guide). */
function atRest(vaultKey: IKey, changing: boolean): PolicyStatement {
  const reading = ['kms:Decrypt', 'kms:DescribeKey'];
  const writing = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];
  return throughService(vaultKey, 'dynamodb', changing ? [...reading, ...writing] : reading);
}
