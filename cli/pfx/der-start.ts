/** Whether bytes begin with others. @param hex of those */
export function startsWith(bytes: Uint8Array, hex: string): boolean {
  const expected = Buffer.from(hex, 'hex');
  return expected.equals(bytes.subarray(0, expected.length));
}

/**
 * What stands behind the tag and the length octets of an element (X.690 section 8.1), which may go on behind it. The length is not
 * looked at.
 * @param tag its identifier octet, hex
 * @returns undefined of another tag, or where less is there than that
 */
export function derContent(bytes: Uint8Array, tag: string): Uint8Array | undefined {
  const [, length] = bytes;
  if (length === undefined || !startsWith(bytes, tag)) return undefined;
  return bytes.subarray(2 + (length > 0x80 ? length & 0x7f : 0));
}
