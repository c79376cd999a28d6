import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { payloadHash } from './checksums.ts';
import { readChunked } from './chunked-body.ts';
import { s3Error } from './s3-error.ts';

/** A request to S3, taken apart. */
export interface S3Request {
  /** As in `PutObject`. */
  operation: string;
  bucket: string;
  /** Empty for a request about the bucket. */
  key: string;
  query: URLSearchParams;
  /** By lower-case name, with what came in the trailer. */
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

type Target = Pick<S3Request, 'operation' | 'bucket' | 'key' | 'query'>;

/** What tells the operation: method, whether an object is meant, and a word in the query. */
const operations: Readonly<Record<string, string>> = {
  'PUT object': 'PutObject',
  'GET object': 'GetObject',
  'HEAD object': 'HeadObject',
  'DELETE object': 'DeleteObject',
  'PUT object retention': 'PutObjectRetention',
  'GET object retention': 'GetObjectRetention',
  'PUT bucket': 'CreateBucket',
  'HEAD bucket': 'HeadBucket',
  'DELETE bucket': 'DeleteBucket',
  'GET bucket versions': 'ListObjectVersions',
  'GET bucket list-type': 'ListObjectsV2',
  'GET bucket versioning': 'GetBucketVersioning',
  'GET bucket object-lock': 'GetObjectLockConfiguration',
  'PUT bucket object-lock': 'PutObjectLockConfiguration',
  'PUT bucket tagging': 'PutBucketTagging',
};

const words = [
  'retention',
  'versions',
  'versioning',
  'object-lock',
  'tagging',
  'list-type',
  'acl',
  'uploads',
];

/**
 * Which operation is asked for, of which bucket and object: by path, or with the bucket in the name of the host (User Guide,
 * "Virtual hosting of general purpose buckets").
 * @throws AwsError `NotImplemented` for what this stand-in has not
 */
export function targetOf({
  method = '',
  url = '/',
  headers,
}: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): Target {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const path = decodeURIComponent(pathname.slice(1));
  const inHost = /^(.+?)\.(?:s3[.-]|localhost(?::|$))/.exec(headers.host ?? '')?.[1];
  const slash = path.indexOf('/');
  const [first, rest] = slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)];
  const [bucket, key] = inHost === undefined ? [first, rest] : [inHost, path];
  const word = words.find((each) => searchParams.has(each));
  const name = [method, key === '' ? 'bucket' : 'object', ...(word === undefined ? [] : [word])].join(' ');
  const operation = operations[name];
  if (operation === undefined) throw s3Error('NotImplemented', `the stand-in does not do: ${name}`);
  return { operation, bucket, key, query: searchParams };
}

/**
 * The whole request.
 * @throws AwsError `AccessDenied` if it is not signed, `RequestTimeTooSkewed`, `XAmzContentSHA256Mismatch`, `IncompleteBody`
 */
export async function readRequest(request: IncomingMessage, target: Target, now: number): Promise<S3Request> {
  const raw = await buffer(request);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, value?.toString()]),
  );
  checkSignature(headers);
  checkTime(headers, now);
  const payload = headers['x-amz-content-sha256'] ?? '';
  if (payload.startsWith('STREAMING-')) {
    const { bytes, trailer } = readChunked(raw, Number(headers['x-amz-decoded-content-length']));
    return { ...target, headers: { ...headers, ...trailer }, body: bytes };
  }
  if (/^[0-9a-f]{64}$/.test(payload) && payload !== payloadHash(raw)) {
    throw s3Error(
      'XAmzContentSHA256Mismatch',
      'The provided x-amz-content-sha256 header does not match what was computed.',
    );
  }
  return { ...target, headers, body: raw };
}

/** Whether the request is signed as Signature Version 4 asks; the signature itself is not computed here. */
function checkSignature(headers: S3Request['headers']): void {
  const scope = 'Credential=[^/, ]+/\\d{8}/[a-z0-9-]+/s3/aws4_request';
  const form = new RegExp(`^AWS4-HMAC-SHA256 ${scope}, SignedHeaders=([a-z0-9;-]+), Signature=[0-9a-f]{64}$`);
  const signed = form.exec(headers['authorization'] ?? '')?.[1]?.split(';') ?? [];
  // Every header of Amazon's own must be signed (API Reference, "Create a signed AWS API request").
  const needed = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  if (signed.length === 0 || !needed.every((name) => signed.includes(name))) throw s3Error('AccessDenied');
}

/** A signature counts for fifteen minutes (API Reference, "Error responses": RequestTimeTooSkewed). */
function checkTime(headers: S3Request['headers'], now: number): void {
  const text = headers['x-amz-date'] ?? '';
  const signed = Date.parse(text.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
  if (Math.abs(now - signed) <= 900_000) return;
  throw s3Error(
    'RequestTimeTooSkewed',
    'The difference between the request time and the current time is too large.',
  );
}
