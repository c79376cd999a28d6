import type { Place } from './place.ts';
import { runPrefix, runTag } from './run.ts';
import { bucketOfRun, bucketVariable, emptyBucket } from './test-bucket.ts';

export const s3Place: Place = {
  makes: (runId) => {
    const { bucket, given } = bucketOfRun(runId);
    const where = given
      ? `in the bucket ${bucket}, which ${bucketVariable} names, under ${runPrefix(runId)}/`
      : `in a bucket ${bucket} with Object Lock and the same tag (${runTag}); ${bucketVariable} names another`;
    return `
Amazon S3: some 20 objects of 3 KB, ${where}. They are removed once their locks have
ended, two minutes later at most: nobody can remove them sooner.
`;
  },
  clean: async (runId) => {
    const { removed, left } = await emptyBucket(runId);
    const stay = left.length === 0 ? '' : `; the bucket keeps ${left.join(', ')}`;
    return `${removed} objects${stay}`;
  },
};
