import { randomBytes } from 'node:crypto';
import { beforeAll, inject } from 'vitest';
import { openS3Client } from '#adapters/s3/client.ts';
import { S3SegmentStore } from '#adapters/s3/segment-store.ts';
import type { LedgerLog } from '#ports/ledger-log.ts';
import type { SegmentStore } from '#ports/segment-store.ts';
import { type LedgerLogParts, ledgerLogContract } from '#test/contract/ledger-log.contract.ts';
import { sealingLedger } from '#test/contract/sealing-ledger.ts';
import { segmentStoreContract } from '#test/contract/segment-store.contract.ts';
import type { Subject } from '#test/contract/subject.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemorySegmentStore } from '#test/doubles/memory-segment-store.ts';
import { type SigningService, signingService } from '#test/support/ledger.ts';
import { ledgerOnAws } from '#test/support/sealed-on-aws.ts';
import { onDynamoDbAccount } from './dynamodb-account.ts';
import { bucketOfRun, makeBucket } from './test-bucket.ts';

/** A lock of COMPLIANCE mode ends for nobody before its time, so it is half a minute here, in days. */
const retentionDays = 30 / 86_400;

let service: SigningService;
beforeAll(async () => {
  service = await signingService();
});

let made: Promise<void> | undefined;

/** Each test has names of its own, in the one bucket of the run. */
async function onBucket(): Promise<Subject<{ store: SegmentStore }>> {
  const runId = inject('runId');
  made ??= makeBucket(runId);
  await made;
  const { bucket, prefix: ofRun } = bucketOfRun(runId);
  const prefix = `${ofRun}${randomBytes(6).toString('hex')}/`;
  const start = (): Subject<{ store: SegmentStore }> => {
    const client = openS3Client();
    const store = new S3SegmentStore(client, { now: () => new Date() }, { bucket, prefix, retentionDays });
    const close = async () => client.destroy();
    return { store, reopen: async () => start(), close };
  };
  return start();
}

segmentStoreContract('S3SegmentStore on AWS', onBucket);

/** On tables of the account, with segments in memory: a lock of them could not be waited for. */
async function onTables(sealsAfter: (entries: number) => boolean): Promise<Subject<LedgerLogParts>> {
  let settled: () => Promise<void> = async () => {};
  const subject = await onDynamoDbAccount(inject('runId'), (opened) => {
    const aws = ledgerOnAws(opened, new ManualClock(), service, new MemorySegmentStore());
    const { ledger, log } = sealingLedger(aws, sealsAfter);
    // Indexes follow what is sealed moments later.
    const find: LedgerLog['find'] = async (question) => {
      await settled();
      return await log.find(question);
    };
    const waiting: LedgerLog = {
      organizations: async () => {
        await settled();
        return await log.organizations();
      },
      lines: (...asked) => log.lines(...asked),
      locate: (...asked) => log.locate(...asked),
      find,
    };
    return { ledger, log: waiting };
  });
  settled = subject.settled ?? settled;
  return subject;
}

ledgerLogContract('DynamoLedgerLog on AWS, nothing sealed', () => onTables(() => false));
ledgerLogContract('DynamoLedgerLog on AWS, some sealed', () => onTables((entries) => entries === 3));
