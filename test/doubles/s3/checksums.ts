import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { s3Error } from './s3-error.ts';

type Headers = Readonly<Record<string, string | undefined>>;

interface Algorithm {
  name: string;
  /** Of the checksum, in bytes. */
  length: number;
  of(bytes: Uint8Array): Buffer;
}

const prefix = 'x-amz-checksum-';

/** By the header that carries it. S3 knows more algorithms; these are the ones that the SDK sends without being asked to install more. */
const algorithms: Readonly<Record<string, Algorithm>> = {
  'x-amz-checksum-sha256': { name: 'SHA256', length: 32, of: (bytes) => hash('sha256', bytes) },
  'x-amz-checksum-sha1': { name: 'SHA1', length: 20, of: (bytes) => hash('sha1', bytes) },
  'x-amz-checksum-crc32': { name: 'CRC32', length: 4, of: crc32Of },
};

/** The checksum that a request carries, as a header or in its trailer. */
export interface Checksum {
  /** As in `x-amz-checksum-sha256`. */
  header: string;
  /** Base64 */
  value: string;
}

/**
 * Checks a body against the checksum that came with it, where one did (User Guide, "Checking object integrity in Amazon S3").
 * @throws AwsError `InvalidRequest` for one that is none, or for more than one; `BadDigest` for that of another body;
 *   `NotImplemented` for an algorithm that this stand-in has not
 */
export function checkedChecksum(headers: Headers, body: Uint8Array): Checksum | undefined {
  const sent = Object.keys(headers).filter((name) => name.startsWith(prefix) && name !== `${prefix}mode`);
  if (sent.length > 1) throw s3Error('InvalidRequest', 'Expecting a single x-amz-checksum- header.');
  const [header] = sent;
  if (header === undefined) return undefined;
  const algorithm = algorithms[header];
  if (algorithm === undefined) throw s3Error('NotImplemented', `the stand-in does not compute ${header}`);
  const value = headers[header] ?? '';
  if (Buffer.from(value, 'base64').length !== algorithm.length) {
    throw s3Error('InvalidRequest', `Value for ${header} header is invalid.`);
  }
  if (algorithm.of(body).toString('base64') === value) return { header, value };
  throw s3Error('BadDigest', `The ${algorithm.name} you specified did not match the calculated checksum.`);
}

/** Checks a body against `Content-MD5`. @throws AwsError `InvalidDigest`, `BadDigest` */
export function checkMd5(headers: Headers, body: Uint8Array): void {
  const sent = headers['content-md5'];
  if (sent === undefined) return;
  if (Buffer.from(sent, 'base64').length !== 16) throw s3Error('InvalidDigest');
  if (hash('md5', body).toString('base64') !== sent) {
    throw s3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
}

/** As `x-amz-content-sha256` has it. */
export function payloadHash(body: Uint8Array): string {
  return hash('sha256', body).toString('hex');
}

/** The entity tag of an object that came in one piece, with its quotes. */
export function etagOf(body: Uint8Array): string {
  return `"${hash('md5', body).toString('hex')}"`;
}

function hash(algorithm: string, bytes: Uint8Array): Buffer {
  return createHash(algorithm).update(bytes).digest();
}

function crc32Of(bytes: Uint8Array): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}
