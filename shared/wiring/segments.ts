import { openS3Client } from '#adapters/s3/client.ts';
import { S3SegmentStore } from '#adapters/s3/segment-store.ts';
import { environmentNames } from '#contract/environment.ts';
import type { SegmentStore } from '#ports/segment-store.ts';
import { requireTime } from '#runtime/lambda/invocation.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** Stores nothing for an invocation whose time was up. */
class TimedSegments extends S3SegmentStore {
  override async put(organization: string, segment: number, bytes: Uint8Array): Promise<void> {
    requireTime();
    await super.put(organization, segment, bytes);
  }
}

/** Where the ledgers' segments are kept. @throws SetUpError `not-set-up` */
export function openSegments({ environment, clock, spec }: Opening): SegmentStore {
  const writes = spec.uses.includes('segments:write');
  return new TimedSegments(openS3Client(), clock, {
    bucket: given(environment, environmentNames.segmentBucket),
    owner: given(environment, environmentNames.segmentBucketOwner),
    // Who only reads is not told it, and may not write.
    retentionDays: writes ? given(environment, environmentNames.segmentRetentionDays) : 1,
  });
}
