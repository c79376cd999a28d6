import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import type { TableIndex, TableShape } from '#contract/tables.ts';

/** The table as `CreateTable` makes it, of a shape as it is declared; without its stream and expiry, which a test has no use for. */
export function tableDefinition(name: string, shape: TableShape): CreateTableCommandInput {
  const indexes = Object.entries(shape.indexes);
  const keys = [shape, ...Object.values(shape.indexes)].flatMap((each) => [each.partitionKey, each.sortKey]);
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keySchema(shape),
    AttributeDefinitions: [...new Set(keys)].map((each) => ({ AttributeName: each, AttributeType: 'S' })),
    ...(indexes.length > 0 && {
      GlobalSecondaryIndexes: indexes.map(([indexName, index]) => ({
        IndexName: indexName,
        KeySchema: keySchema(index),
        Projection: { ProjectionType: index.projection === 'all' ? 'ALL' : 'KEYS_ONLY' },
      })),
    }),
  };
}

function keySchema({ partitionKey, sortKey }: Pick<TableIndex, 'partitionKey' | 'sortKey'>) {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
}
