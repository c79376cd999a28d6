import { DynamoLedger } from '#adapters/dynamodb/ledger.ts';
import { DynamoLedgerLog } from '#adapters/dynamodb/ledger-log.ts';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { DynamoSealableLog } from '#adapters/dynamodb/sealable-log.ts';
import { openS3Client } from '#adapters/s3/client.ts';
import { S3SegmentStore } from '#adapters/s3/segment-store.ts';
import type { KeyProvider } from '#ports/key-provider.ts';
import type { SegmentStore } from '#ports/segment-store.ts';
import { sealLog } from '#steps/seal-ledger.ts';
import type { OpenDynamoDb } from '#test/contract/subject-dynamodb.ts';
import type { ManualClock } from '#test/doubles/clock.ts';
import type { SigningService } from './ledger.ts';

export const segmentBucket = 'segments';
export const bucketOwner = '111122223333';

/**
 * A ledger in Amazon DynamoDB, or a stand-in for it, and what seals it. The environment leads there.
 * @param given where segments are kept; a bucket of a stand-in for Amazon S3 if absent
 */
export function ledgerOnAws(
  { calls, tables }: OpenDynamoDb,
  clock: ManualClock,
  service: SigningService,
  given?: SegmentStore,
) {
  const settings = { bucket: segmentBucket, owner: bucketOwner, retentionDays: 1_095 };
  const segments = given ?? new S3SegmentStore(openS3Client(), clock, settings);
  const registry = new DynamoRegistry(calls, tables.aggregates, clock);
  const keys: Pick<KeyProvider, 'receiptKey' | 'signReceipt'> = {
    receiptKey: async () => service.signer.publicKey,
    signReceipt: (message) => service.signer.sign(message),
  };
  const needs = { registry, segments, keys, clock };
  return {
    ...needs,
    /** A writer of its own each time, as each running function is. */
    writer: () => new DynamoLedger(calls, tables.ledger, clock),
    log: new DynamoLedgerLog({ calls, table: tables.ledger, registry, segments }),
    sealable: (earliest?: string) => new DynamoSealableLog(calls, tables.ledger, earliest),
    /** @param earliest the place from which on entries are looked for */
    seal: (organization: string, earliest?: string) =>
      sealLog({ ...needs, log: new DynamoSealableLog(calls, tables.ledger, earliest) }, organization),
  };
}
