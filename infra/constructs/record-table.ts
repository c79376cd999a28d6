import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, StreamViewType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

export interface RecordTableProps {
  encryptionKey: IKey;
  /** Whether each write is handed on as the record that it left (`new-image`), or to nobody. */
  stream: 'new-image' | 'none';
}

/**
 * Keeps records by organization, and within it by a record name (`enrollment#...`) whose order lists pages. A table can
 * be brought back to any second of the last 35 days, and cannot be deleted while its protection stands.
 */
export class RecordTable extends TableV2 {
  constructor(scope: Construct, id: string, { encryptionKey, stream }: RecordTableProps) {
    super(scope, id, {
      partitionKey: { name: 'organization', type: AttributeType.STRING },
      sortKey: { name: 'record', type: AttributeType.STRING },
      // Enrollments come in bursts: an organization's whole list in a minute, then nothing for days.
      billing: Billing.onDemand(),
      deletionProtection: true,
      dynamoStream: stream === 'new-image' ? StreamViewType.NEW_IMAGE : undefined,
      encryption: TableEncryptionV2.customerManagedKey(encryptionKey),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: 35 },
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}
