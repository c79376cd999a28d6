import { s3Error } from './s3-error.ts';

/** A body that came in chunks, put together, and what followed it. */
export interface ChunkedBody {
  bytes: Buffer;
  /** By lower-case name. */
  trailer: Record<string, string>;
}

/**
 * Reads a body in `aws-chunked` coding, whose trailer holds the checksum (API Reference, "Signature calculations for the
 * authorization header: transferring payload in multiple chunks", "... with trailing headers").
 * @param expected `x-amz-decoded-content-length`
 * @throws AwsError `IncompleteBody` if it is not in that coding or of another length
 */
export function readChunked(body: Buffer, expected: number): ChunkedBody {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = lineEnd < 0 ? Number.NaN : sizeIn(body.toString('latin1', at, lineEnd));
    const begin = lineEnd + 2;
    if (Number.isNaN(size) || begin + size > body.length) throw s3Error('IncompleteBody');
    if (size === 0) return whole(Buffer.concat(chunks), expected, body.toString('latin1', begin));
    chunks.push(body.subarray(begin, begin + size));
    at = begin + size + 2;
  }
}

/** A chunk's first line: its size in hex and, where chunks are signed, a signature. */
function sizeIn(line: string): number {
  const size = /^([0-9a-f]+)(;|$)/i.exec(line)?.[1];
  return size === undefined ? Number.NaN : Number.parseInt(size, 16);
}

function whole(bytes: Buffer, expected: number, rest: string): ChunkedBody {
  if (bytes.length !== expected) throw s3Error('IncompleteBody');
  const lines = rest.split('\r\n').filter((line) => line !== '');
  const trailer = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { bytes, trailer: Object.fromEntries(trailer) };
}
