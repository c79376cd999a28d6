import { beforeAll } from 'vitest';
import { ManualClock } from '#test/doubles/clock.ts';
import { addBucket, startS3Double } from '#test/doubles/s3/s3-double.ts';
import { type SigningService, signingService } from '#test/support/ledger.ts';
import { ledgerOnAws, segmentBucket } from '#test/support/sealed-on-aws.ts';
import { type LedgerLogParts, ledgerLogContract } from './ledger-log.contract.ts';
import { sealingLedger } from './sealing-ledger.ts';
import { segmentStoreContract } from './segment-store.contract.ts';
import type { Subject } from './subject.ts';
import { type OpenDynamoDb, onDynamoDb } from './subject-dynamodb.ts';

let service: SigningService;
beforeAll(async () => {
  service = await signingService();
});

/** A subject on stand-ins for both services. */
async function onAws<T extends object>(
  build: (parts: ReturnType<typeof ledgerOnAws>) => T,
): Promise<Subject<T>> {
  const s3 = await startS3Double();
  addBucket(s3, segmentBucket, { objectLock: true });
  const clock = new ManualClock();
  const subject = await onDynamoDb((opened: OpenDynamoDb) => {
    Object.assign(process.env, s3.environment);
    return build(ledgerOnAws(opened, clock, service));
  });
  const close = async () => {
    await subject.close();
    await s3.close();
  };
  return { ...subject, close };
}

segmentStoreContract('S3SegmentStore', () => onAws(({ segments }) => ({ store: segments })));

const sealedAs = (sealsAfter: (entries: number) => boolean): Promise<Subject<LedgerLogParts>> =>
  onAws((parts) => sealingLedger(parts, sealsAfter));

ledgerLogContract('DynamoLedgerLog, nothing sealed', () => sealedAs(() => false));
ledgerLogContract('DynamoLedgerLog, some sealed', () => sealedAs((entries) => entries === 3));
ledgerLogContract('DynamoLedgerLog, a segment an entry', () => sealedAs(() => true));
