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
  /** Whether the indexes may be queried besides. */
  byIndexes?: boolean;
  /** What the partition keys begin with that it is for, each followed by `#`; the whole table if absent. */
  collections?: readonly string[];
}

/**
 * What each use is, as actions on one table. Every write is conditional, and what was refused is read, to see whether an earlier
 * request of the same write stands. None needs `UpdateItem`, a transaction or a scan.
 */
const permissions: Readonly<Record<TableUse, TablePermission>> = {
  'aggregates:read': {
    table: 'aggregates',
    actions: ['GetItem', 'BatchGetItem', 'Query'],
    byIndexes: true,
  },
  'aggregates:write': { table: 'aggregates', actions: ['PutItem', 'GetItem'] },
  'documents:read': { table: 'documents', actions: ['GetItem'] },
  'documents:write': { table: 'documents', actions: ['PutItem', 'GetItem'] },
  'documents:discard': { table: 'documents', actions: ['DeleteItem'] },
  'locked-keys:read': { table: 'locked-keys', actions: ['GetItem'] },
  'locked-keys:write': { table: 'locked-keys', actions: ['PutItem', 'GetItem'] },
  'locked-keys:discard': { table: 'locked-keys', actions: ['DeleteItem'] },
  'ledger:append': { table: 'ledger', actions: ['PutItem'] },
  'claims:write': { table: 'activity', actions: ['PutItem', 'GetItem'], collections: ['claims'] },
  'feed:read': { table: 'activity', actions: ['Query'], collections: ['feed'] },
  'feed:append': { table: 'activity', actions: ['Query', 'PutItem'], collections: ['feed'] },
  'notices:read': {
    table: 'activity',
    actions: ['Query'],
    byIndexes: true,
    collections: ['notices'],
  },
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
  const wanted = uses.filter(isTableUse);
  if (wanted.length === 0) return [];
  const data = wanted.flatMap((use) => statementsOf(permissions[use], made));
  const changing = wanted.some((use) => !use.endsWith(':read'));
  return [...data, atRest(vaultKey, changing)];
}

function isTableUse(use: Use): use is TableUse {
  return Object.hasOwn(permissions, use);
}

function statementsOf(
  { table: name, actions, byIndexes = false, collections }: TablePermission,
  made: Readonly<Record<TableName, RecordTable>>,
): PolicyStatement[] {
  const table = made[name];
  const onTable = new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [table.tableArn],
    ...(collections !== undefined && { conditions: leadingWith(collections) }),
  });
  if (!byIndexes) return [onTable];
  const resources = Object.keys(tables[name].indexes).map((index) => `${table.tableArn}/index/${index}`);
  return [onTable, new PolicyStatement({ actions: ['dynamodb:Query'], resources })];
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
