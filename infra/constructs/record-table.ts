import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { type TableIndex, type TableName, type TableShape, tables } from '#contract/tables.ts';

export interface RecordTableProps {
  shape: TableShape;
  encryptionKey: IKey;
}

/**
 * A table of records. It can be brought back to any second of the last 35 days, and cannot be deleted while its
 * protection stands.
 */
export class RecordTable extends TableV2 {
  constructor(scope: Construct, id: string, { shape, encryptionKey }: RecordTableProps) {
    super(scope, id, {
      partitionKey: text(shape.partitionKey),
      sortKey: text(shape.sortKey),
      globalSecondaryIndexes: Object.entries(shape.indexes).map(([indexName, index]) => ({
        indexName,
        ...indexOf(index),
      })),
      timeToLiveAttribute: shape.expires,
      // Enrollments come in bursts: an organization's whole list in a minute, then nothing for days.
      billing: Billing.onDemand(),
      deletionProtection: true,
      dynamoStream: streamViews[shape.stream],
      encryption: TableEncryptionV2.customerManagedKey(encryptionKey),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: 35 },
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /**
   * Denies everybody, administrators included, what would change or remove a record or let it expire; but to one role, to set
   * attributes of it, which its own policy names.
   * @param roleArn by name, since the role's own policy names the table
   */
  refuseChangesToAllBut(roleArn: string): void {
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'NobodyElseNotesAnything',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['dynamodb:UpdateItem'],
        resources: ['*'],
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': roleArn } },
      }),
    );
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'NobodyChangesOrRemovesARecord',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: [
          'dynamodb:BatchWriteItem',
          'dynamodb:DeleteItem',
          'dynamodb:PartiQLDelete',
          'dynamodb:PartiQLUpdate',
          'dynamodb:UpdateTimeToLive',
        ],
        // The table that the policy is attached to; its name is not known before it is made.
        resources: ['*'],
      }),
    );
  }

  /**
   * Denies the stream to everybody but one role, whatever IAM policies say.
   * @param roleArn by name, since the role's own policy names the stream
   */
  refuseStreamToAllBut(roleArn: string): void {
    this.addToStreamResourcePolicy(
      new PolicyStatement({
        sid: 'NobodyElseReadsTheStream',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        resources: ['*'],
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': roleArn } },
      }),
    );
  }
}

/** The tables of the service, by their names in `tables.ts`. */
export function recordTables(
  scope: Construct,
  encryptionKey: IKey,
): Readonly<Record<TableName, RecordTable>> {
  const make = (id: string, shape: TableShape) => new RecordTable(scope, id, { shape, encryptionKey });
  return {
    aggregates: make('Aggregates', tables.aggregates),
    documents: make('Documents', tables.documents),
    'locked-keys': make('LockedKeys', tables['locked-keys']),
    ledger: make('Ledger', tables.ledger),
    activity: make('Activity', tables.activity),
  };
}

const streamViews = {
  'new-image': StreamViewType.NEW_IMAGE,
  keys: StreamViewType.KEYS_ONLY,
  none: undefined,
} as const satisfies Record<TableShape['stream'], StreamViewType | undefined>;

function text(name: string) {
  return { name, type: AttributeType.STRING };
}

function indexOf({ partitionKey, sortKey, projection }: TableIndex) {
  return {
    partitionKey: text(partitionKey),
    sortKey: text(sortKey),
    projectionType: projection === 'keys' ? ProjectionType.KEYS_ONLY : ProjectionType.ALL,
  };
}
