import type forge from 'node-forge';
import asn1 from 'node-forge/lib/asn1.js';

/** One ASN.1 node, as node-forge holds it. Only this module and its callers in `crypto/` know that it is forge's. */
export type Asn1Node = forge.asn1.Asn1;

/** Bytes as forge's binary string, one character a byte. */
export function toBinaryString(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Forge's binary string as bytes. */
export function fromBinaryString(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** DER of a node. */
export function encodeDer(node: Asn1Node): Uint8Array {
  return fromBinaryString(asn1.toDer(node).getBytes());
}

/**
 * Parses exactly one DER value; trailing bytes are refused.
 * @throws Error of forge's own: callers turn it into their code
 */
export function decodeDer(bytes: Uint8Array): Asn1Node {
  return asn1.fromDer(toBinaryString(bytes), {
    strict: true,
    parseAllBytes: true,
    decodeBitStrings: false,
  });
}

const universal = asn1.Class.UNIVERSAL;
const { Type } = asn1;

export const der = {
  sequence: (...items: Asn1Node[]) => asn1.create(universal, Type.SEQUENCE, true, items),
  set: (...items: Asn1Node[]) => asn1.create(universal, Type.SET, true, items),
  oid: (oid: string) => asn1.create(universal, Type.OID, false, asn1.oidToDer(oid).getBytes()),
  null: () => asn1.create(universal, Type.NULL, false, ''),
  boolean: (value: boolean) => asn1.create(universal, Type.BOOLEAN, false, value ? '\xff' : '\x00'),
  /** A non-negative integer from a number. */
  integer: (value: number) =>
    asn1.create(universal, Type.INTEGER, false, asn1.integerToDer(value).getBytes()),
  /** A non-negative integer from big-endian bytes; a leading zero is added where the top bit is set. */
  unsignedInteger: (bytes: Uint8Array) => asn1.create(universal, Type.INTEGER, false, minimalUnsigned(bytes)),
  octetString: (bytes: Uint8Array) => asn1.create(universal, Type.OCTETSTRING, false, toBinaryString(bytes)),
  /** A bit string of whole bytes, or with some unused bits at the end. */
  bitString: (bytes: Uint8Array, unusedBits = 0) =>
    asn1.create(universal, Type.BITSTRING, false, String.fromCharCode(unusedBits) + toBinaryString(bytes)),
  utf8String: (text: string) =>
    asn1.create(universal, Type.UTF8, false, toBinaryString(new TextEncoder().encode(text))),
  printableString: (text: string) => asn1.create(universal, Type.PRINTABLESTRING, false, text),
  /** A BMPString from text; forge writes its UTF-16BE itself, surrogate pairs included, as Windows and OpenSSL do. */
  bmpString: (text: string) => asn1.create(universal, Type.BMPSTRING, false, text),
  /** `[number]` constructed around the items: EXPLICIT, or an IMPLICIT constructed type. */
  context: (number: number, ...items: Asn1Node[]) =>
    asn1.create(asn1.Class.CONTEXT_SPECIFIC, number, true, items),
  /** `[number]` IMPLICIT over a primitive type's bytes. */
  contextPrimitive: (number: number, bytes: Uint8Array) =>
    asn1.create(asn1.Class.CONTEXT_SPECIFIC, number, false, toBinaryString(bytes)),
  /** UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5), in whole seconds. */
  time: (date: Date) =>
    date.getUTCFullYear() < 2050
      ? asn1.create(universal, Type.UTCTIME, false, asn1.dateToUtcTime(date))
      : asn1.create(universal, Type.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date)),
  /** A value that is DER already. */
  raw: (bytes: Uint8Array) => decodeDer(bytes),
};

function minimalUnsigned(bytes: Uint8Array): string {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = toBinaryString(bytes.subarray(start));
  return (bytes[start] ?? 0) >= 0x80 ? `\0${trimmed}` : trimmed;
}
