import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { AwsError } from '../aws-json/aws-error.ts';
import { Faults } from '../aws-json/faults.ts';
import { onLoopback } from '../loopback.ts';
import type { S3Answer } from './answer.ts';
import { Bucket, type BucketSettings } from './bucket.ts';
import * as bucketOperations from './bucket-operations.ts';
import * as objectOperations from './object-operations.ts';
import { requiredActions } from './permissions.ts';
import { readRequest, type S3Request, targetOf } from './request.ts';
import { s3Error, statusOf } from './s3-error.ts';
import { xmlDocument } from './xml.ts';

export interface S3Double {
  /** As in `http://127.0.0.1:40001`. */
  endpoint: string;
  faults: Faults;
  buckets: Map<string, Bucket>;
  /** The operations that came in, in order. */
  log: string[];
  /** What the caller may do, as in `s3:GetObject`; everything until it is set. */
  permissions: { allowed?: ReadonlySet<string> };
  /** The variables that lead the AWS SDK here. */
  environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const operations: Readonly<Record<string, (context: objectOperations.Context) => S3Answer>> = {
  PutObject: objectOperations.putObject,
  GetObject: objectOperations.getObject,
  HeadObject: objectOperations.headObject,
  DeleteObject: objectOperations.deleteObject,
  PutObjectRetention: objectOperations.putObjectRetention,
  GetObjectRetention: objectOperations.getObjectRetention,
  ListObjectVersions: bucketOperations.listObjectVersions,
  ListObjectsV2: bucketOperations.listObjectsV2,
  GetBucketVersioning: bucketOperations.getBucketVersioning,
  GetObjectLockConfiguration: bucketOperations.getObjectLockConfiguration,
  PutObjectLockConfiguration: bucketOperations.putObjectLockConfiguration,
  PutBucketTagging: bucketOperations.putBucketTagging,
  HeadBucket: () => ({}),
};

/**
 * A stand-in for Amazon S3 on loopback, in memory: the operations that the vault and its tests use, in the REST protocol, with
 * the documented semantics of
 * - versions and delete markers: User Guide, "Retaining multiple versions of objects with S3 Versioning"; API Reference,
 *   GetObject, HeadObject, DeleteObject, ListObjectVersions
 * - conditional creation: User Guide, "How to prevent object overwrites with conditional writes"; API Reference, PutObject
 * - checksums: User Guide, "Checking object integrity in Amazon S3" (SHA-256, SHA-1 and CRC-32, in a header or a trailer)
 * - Object Lock: User Guide, "Locking objects with Object Lock" and "Object Lock considerations"; API Reference,
 *   PutObjectRetention, GetObjectRetention
 * - what is told to whom: "Permissions" of GetObject and HeadObject, in the API Reference
 *
 * Signatures are looked at, not computed. There are no multipart uploads, ranges, ACLs, legal holds or bucket policies; a
 * policy's refusal is a planned fault.
 * @param now the clock that locks go by, in milliseconds since 1970
 */
export async function startS3Double(now: () => number = Date.now): Promise<S3Double> {
  const state = { buckets: new Map<string, Bucket>(), faults: new Faults(), log: [], permissions: {}, now };
  const server = createServer((request, response) => {
    answer(state, request, response).catch(() => response.destroy());
  });
  const { endpoint, close } = await onLoopback(server);
  const environment = {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  };
  return { ...state, endpoint, environment, close };
}

/** Adds a bucket as an administrator made it. */
export function addBucket(
  { buckets }: Pick<S3Double, 'buckets'>,
  name: string,
  settings: BucketSettings = {},
): Bucket {
  const bucket = new Bucket(name, settings);
  buckets.set(name, bucket);
  return bucket;
}

interface State extends Pick<S3Double, 'buckets' | 'faults' | 'log' | 'permissions'> {
  log: string[];
  now(): number;
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const serverTime = Date.now() + state.faults.aheadMilliseconds;
  response.setHeader('date', new Date(serverTime).toUTCString());
  response.setHeader('x-amz-request-id', crypto.randomUUID());
  try {
    const target = targetOf(request);
    state.log.push(target.operation);
    const deletionsBefore = state.buckets.get(target.bucket)?.deletions(target.key) ?? 0;
    const whole = await readRequest(request, target, serverTime);
    const fault = state.faults.meet(target.operation);
    if (fault?.kind === 'cut') response.destroy();
    if (fault?.kind === 'cut' || fault?.kind === 'never-arrive') return;
    const done = operate(state, whole, deletionsBefore);
    if (fault?.kind === 'lose-answer') loseAnswer(response, done);
    if (fault === undefined) send(response, done);
  } catch (error) {
    const refusal = error instanceof AwsError ? error : s3Error('InternalError', String(error));
    refuse(response, refusal, request.method === 'HEAD');
  }
}

function operate(state: State, request: S3Request, deletionsBefore: number): S3Answer {
  const { operation, bucket: name } = request;
  const may = (action: string) => state.permissions.allowed?.has(action) ?? true;
  if (!requiredActions(request).every(may)) throw s3Error('AccessDenied', 'Access Denied');
  if (operation === 'CreateBucket') return createBucket(state, request);
  const bucket = state.buckets.get(name);
  if (bucket === undefined) throw s3Error('NoSuchBucket', 'The specified bucket does not exist');
  if (operation === 'DeleteBucket') return deleteBucket(state, bucket);
  const operate = operations[operation];
  if (operate === undefined) throw s3Error('NotImplemented');
  return operate({ bucket, request, now: state.now(), deletionsBefore, may });
}

function createBucket(state: State, { bucket: name, headers }: S3Request): S3Answer {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) throw s3Error('InvalidBucketName');
  if (state.buckets.has(name)) throw s3Error('BucketAlreadyOwnedByYou');
  addBucket(state, name, { objectLock: headers['x-amz-bucket-object-lock-enabled'] === 'true' });
  return { headers: { location: `/${name}` } };
}

function deleteBucket(state: State, bucket: Bucket): S3Answer {
  if (bucket.versions().length > 0) throw s3Error('BucketNotEmpty');
  state.buckets.delete(bucket.name);
  return { status: 204 };
}

function send(response: ServerResponse, { status = 200, headers = {}, body }: S3Answer): void {
  writeHeaders(response, headers);
  response.statusCode = status;
  if (body === undefined || Buffer.isBuffer(body)) {
    response.end(body);
    return;
  }
  response.setHeader('content-type', 'application/xml');
  response.end(xmlDocument(body.root, body.content));
}

/** Of an object, half arrives: the connection breaks in the middle of it. */
function loseAnswer(response: ServerResponse, { headers = {}, body }: S3Answer): void {
  if (!Buffer.isBuffer(body) || body.length < 2) {
    response.destroy();
    return;
  }
  writeHeaders(response, headers);
  response.write(body.subarray(0, body.length / 2), () => response.destroy());
}

function writeHeaders(response: ServerResponse, headers: NonNullable<S3Answer['headers']>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value);
  }
}

/** An answer to HEAD has no body, so its status is all that says what went wrong (API Reference, HeadObject). */
function refuse(response: ServerResponse, refusal: AwsError, bodiless: boolean): void {
  response.statusCode = statusOf(refusal);
  if (bodiless) {
    response.end();
    return;
  }
  response.setHeader('content-type', 'application/xml');
  const RequestId = String(response.getHeader('x-amz-request-id'));
  response.end(xmlDocument('Error', { Code: refusal.type, Message: refusal.message, RequestId }));
}
