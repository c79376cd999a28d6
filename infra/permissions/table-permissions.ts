import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Use } from '#contract/functions.ts';
import type { TableName } from '#contract/tables.ts';
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
}

/**
 * What each use is, as actions on one table. Every write is conditional, and where one was refused what is there is read, to see
 * whether an earlier request of the same write stands: who may write may read, too. None needs `UpdateItem`, a transaction or a scan.
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
  'ledger:append': { table: 'ledger', actions: ['PutItem'] },
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

const changes: readonly string[] = ['PutItem', 'DeleteItem'];

function isTableUse(use: Use): use is TableUse {
  return Object.hasOwn(permissions, use);
}

function statementOf(
  { table, actions, index, collections }: TablePermission,
  made: Readonly<Record<TableName, RecordTable>>,
): PolicyStatement {
  const { tableArn } = made[table];
  return new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [index === undefined ? tableArn : `${tableArn}/index/${index}`],
    ...(collections !== undefined && { conditions: leadingWith(collections) }),
  });
}

/** A request without keys, as a scan is, would have none that does not match; no use has that action. */
function leadingWith(collections: readonly string[]) {
  return { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': collections.map((name) => `${name}#*`) } };
}

/** What DynamoDB does with the key in a caller's name ("Encryption at rest" of its developer guide). */
function atRest(vaultKey: IKey, changing: boolean): PolicyStatement {
  const reading = ['kms:Decrypt', 'kms:DescribeKey'];
  const writing = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];
  return throughService(vaultKey, 'dynamodb', changing ? [...reading, ...writing] : reading);
}
