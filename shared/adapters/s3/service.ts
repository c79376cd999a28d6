import type { CodeOf } from '#domain/error-codes.ts';
import type { Meaning } from '../aws/sdk-errors.ts';
import type { StoreService } from '../aws/store-errors.ts';

const again: Meaning<CodeOf<'store'>> = { code: 'store-unavailable', effect: 'none' };
const elsewhere = setUp(
  'the bucket for backups is not in the AWS region that is set',
  'Set the region of the bucket (AWS_REGION), or the endpoint of that region.',
);
const keyUnusable = setUp(
  'Amazon S3 cannot use the AWS KMS key of the bucket for backups',
  'Check that the key is enabled, and that it grants this service what docs/s3.md names.',
);

/** What the errors of Amazon S3 mean to a caller (API Reference, "Error responses", "List of error codes"). */
export const s3: StoreService = {
  name: 'Amazon S3',
  page: 'docs/s3.md',
  meanings: {
    NoSuchBucket: setUp(
      'there is no bucket for backups of the name that is set',
      'Check the name of the bucket, the AWS region and the account.',
    ),
    PermanentRedirect: elsewhere,
    TemporaryRedirect: elsewhere,
    AuthorizationHeaderMalformed: elsewhere,
    IllegalLocationConstraintException: elsewhere,
    'KMS.DisabledException': keyUnusable,
    'KMS.NotFoundException': keyUnusable,
    'KMS.KMSInvalidStateException': keyUnusable,
    'KMS.InvalidStateException': keyUnusable,
    // What came between two writes of one name, or was damaged on its way: nothing was written.
    ConditionalRequestConflict: again,
    OperationAborted: again,
    BadDigest: again,
    IncompleteBody: again,
    XAmzContentSHA256Mismatch: again,
  },
};

function setUp(why: string, next: string): Meaning<CodeOf<'store'>> {
  return { code: 'store-misconfigured', effect: 'final', why, next };
}
