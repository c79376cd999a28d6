import { SetUpError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';

const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf);
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * The one line of a file with a secret: without the byte order mark that editors on Windows put before it, and without the line
 * end after it.
 * @param bytes UTF-8; wiped if refused
 * @param file as the person named it
 * @throws SetUpError `usage` for more than one line, and for UTF-16
 */
export function secretOnOneLine(bytes: Uint8Array, file: string): Secret {
  if (isUtf16(bytes)) {
    throw refused(bytes, file, 'it is in UTF-16, not in UTF-8', 'Save it as UTF-8.');
  }
  const line = withoutLineEnd(withoutMark(bytes));
  // A carriage return at the very end is no line end of any system that this runs on, so it may be of the secret.
  if (line.includes(lineFeed) || line.subarray(0, -1).includes(carriageReturn)) {
    const why = 'it has more than one line, and a password is on one';
    throw refused(bytes, file, why, 'Leave the password in it, and nothing else.');
  }
  return new Secret(line);
}

function refused(bytes: Uint8Array, field: string, why: string, next: string): SetUpError {
  bytes.fill(0);
  return new SetUpError('usage', { field, why, next });
}

/** By its mark (RFC 2781 section 3.2); or where every other byte is zero, as it is of ASCII. */
function isUtf16(bytes: Uint8Array): boolean {
  if (bytes.length < 2 || bytes.length % 2 === 1) return false;
  const first = Buffer.from(bytes.subarray(0, 2)).readUInt16BE();
  if (first === 0xfeff || first === 0xfffe) return true;
  return [0, 1].some((parity) => bytes.every((byte, at) => at % 2 !== parity || byte === 0));
}

/** One of them only: another one would be of the secret. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  const { length } = byteOrderMark;
  return byteOrderMark.equals(bytes.subarray(0, length)) ? bytes.subarray(length) : bytes;
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  if (bytes[end - 1] === lineFeed) end -= 1;
  if (end < bytes.length && bytes[end - 1] === carriageReturn) end -= 1;
  return bytes.subarray(0, end);
}
