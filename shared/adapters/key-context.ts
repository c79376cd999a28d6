import type { KeyContext } from '#ports/key-provider.ts';

/**
 * The one encoding of a key context, to be authenticated with a wrapped key: a domain-separating label, then each
 * field with its length before it (4 bytes, big-endian), so that no two contexts encode alike.
 * @param label what the bytes are for, a constant of the calling adapter
 * @returns the bytes to authenticate; no secret, no personal data
 */
export function encodeKeyContext(label: string, context: KeyContext): Uint8Array {
  const fields = [label, context.organization, context.enrollmentId, context.purpose];
  return Buffer.concat(fields.flatMap((field) => withLength(Buffer.from(field, 'utf8'))));
}

function withLength(field: Buffer): Buffer[] {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(field.length);
  return [length, field];
}
