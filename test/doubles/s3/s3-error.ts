import { AwsError } from '../aws-json/aws-error.ts';

/** The HTTP status of each error (Amazon S3 API Reference, "Error responses", "List of error codes"). */
const statuses: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  BadDigest: 400,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  ConditionalRequestConflict: 409,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidBucketState: 409,
  InvalidDigest: 400,
  InvalidRequest: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchObjectLockConfiguration: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  ObjectLockConfigurationNotFoundError: 404,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  ServiceUnavailable: 503,
  SlowDown: 503,
  XAmzContentSHA256Mismatch: 400,
};

/** An error as S3 answers with it. */
export function s3Error(code: string, message: string = code): AwsError {
  return new AwsError(code, message, statuses[code] ?? 400);
}

/** The status that goes with an error, also with one that a test planned and gave none. */
export function statusOf({ type, status }: AwsError): number {
  return status === 400 ? (statuses[type] ?? status) : status;
}
