import asn1 from 'node-forge/lib/asn1.js';
import { PfxError } from '#domain/errors.ts';
import { toBinaryString } from '../asn1.ts';

/**
 * A bounded reader of BER and strict DER (X.690) over the file's own bytes, for input that may be hostile.
 *
 * It reads one level at a time, so a reader of PFX files visits only what it understands, and nesting costs nothing.
 * Forge's parser, which writes our files, builds the whole tree first: a mebibyte of empty elements stalls the event
 * loop for 0.14 s; it takes indefinite and padded lengths in its strict mode, reads an odd BMPString into its
 * neighbour, and holds values in strings, which cannot be wiped. The files of NSS need BER.
 */
export interface Element {
  readonly tag: number;
  /** Without the octets that say its tag and length, or its end. */
  readonly content: Uint8Array;
  /** With them. */
  readonly whole: Uint8Array;
  readonly encoding: Encoding;
}

export type Encoding = 'DER' | 'BER';

/** Identifier octets (X.690 section 8.1.2); every tag of a PFX fits one octet. */
export const tags = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  octetStringInSegments: 0x24,
  null: 0x05,
  oid: 0x06,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
  context0Primitive: 0x80,
} as const;

const constructed = 0x20;
const mostElements = 128;
const mostScanned = 4_096;
const deepestIndefinite = 16;
const longestOid = 32;

/**
 * Reads exactly one element.
 * @throws PfxError `pfx-malformed` if it is cut short, badly encoded or followed by anything; `pfx-too-large`
 */
export function parseElement(bytes: Uint8Array, encoding: Encoding): Element {
  const { element, end } = readElement(bytes, 0, encoding);
  if (end !== bytes.length) throw malformed('has bytes after its end');
  return element;
}

/** The elements inside a constructed one, read in order; each `take` names the tag that must stand there. */
export class Fields {
  readonly #elements: Element[];
  #next = 0;

  /** @throws PfxError `pfx-malformed` if it has another tag; `pfx-too-large` if it holds more than 128 elements */
  constructor(element: Element, tag: number) {
    if (element.tag !== tag) throw malformed('has an element of another type than it must');
    this.#elements = elementsOf(element);
  }

  /** @throws PfxError `pfx-malformed` if the next element has another tag, or there is none */
  take(tag: number): Element {
    const element = this.optional(tag);
    if (element === undefined) throw malformed('lacks an element, or has one of another type');
    return element;
  }

  /** The next element if it has the tag. */
  optional(tag: number): Element | undefined {
    const element = this.#elements[this.#next];
    if (element?.tag !== tag) return undefined;
    this.#next++;
    return element;
  }

  /** The bytes of an OCTET STRING, in BER also of one in segments. @throws PfxError `pfx-malformed` */
  takeOctets(): Uint8Array {
    const bytes = this.optionalOctets();
    if (bytes === undefined) throw malformed('lacks an octet string');
    return bytes;
  }

  /** The next element's bytes if it is an OCTET STRING. @throws PfxError `pfx-malformed` for one in segments in DER */
  optionalOctets(): Uint8Array | undefined {
    const element = this.optional(tags.octetString) ?? this.optional(tags.octetStringInSegments);
    return element === undefined ? undefined : octets(element);
  }

  /** Every element that is left; each must have the tag. @throws PfxError `pfx-malformed` */
  rest(tag: number): Element[] {
    const rest = this.#elements.slice(this.#next);
    this.#next = this.#elements.length;
    if (rest.some((element) => element.tag !== tag)) throw malformed('has an element of another type');
    return rest;
  }

  /** @throws PfxError `pfx-malformed` if anything is left */
  end(): void {
    if (this.#next < this.#elements.length) throw malformed('has more elements than it may');
  }
}

/** The one element inside `[0] EXPLICIT` or any other wrapping. @throws PfxError `pfx-malformed` */
export function onlyElement(wrapping: Element): Element {
  const [element, ...more] = elementsOf(wrapping);
  if (element === undefined || more.length > 0) throw malformed('wraps more or less than one element');
  return element;
}

/**
 * The bytes of an OCTET STRING, or of one under the IMPLICIT tag `[0]`; in BER also of one in segments.
 * @throws PfxError `pfx-malformed` if it is another type
 */
export function octets(
  element: Element,
  tag: typeof tags.octetString | typeof tags.context0Primitive = tags.octetString,
): Uint8Array {
  if (element.tag === tag) return element.content;
  if (element.tag !== (tag | constructed)) throw malformed('has another type where an octet string must be');
  if (element.encoding === 'DER') throw malformed('has an octet string in segments');
  return Buffer.concat(elementsOf(element).map((segment) => plainOctets(segment)));
}

function plainOctets({ tag, content }: Element): Uint8Array {
  if (tag !== tags.octetString) throw malformed('has a segment of another type');
  return content;
}

/**
 * A non-negative integer; `Infinity` for one beyond exact numbers.
 * @throws PfxError `pfx-malformed` if it is negative or not in its shortest form
 */
export function natural({ content }: Element): number {
  const [first = 0x80, second = 0x80] = content;
  if (first >= 0x80) throw malformed('has a negative or an empty number');
  if (first === 0 && content.length > 1 && second < 0x80) throw malformed('has a padded number');
  if (content.length > 6) return Number.POSITIVE_INFINITY;
  return content.reduce((value, byte) => value * 256 + byte, 0);
}

/** An object identifier in dotted form. @throws PfxError `pfx-malformed` */
export function oidText({ content }: Element): string {
  const last = content.at(-1) ?? 0x80;
  const padded = content.some((byte, i) => byte === 0x80 && (i === 0 || (content[i - 1] ?? 0) < 0x80));
  if (content.length > longestOid || last >= 0x80 || padded) throw malformed('has a bad object identifier');
  try {
    return asn1.derToOid(toBinaryString(content));
  } catch (cause) {
    throw new PfxError('pfx-malformed', { why: 'has a bad object identifier', cause });
  }
}

/** The elements of a constructed one, one level deep. */
function elementsOf({ tag, content, encoding }: Element): Element[] {
  if ((tag & constructed) === 0) throw malformed('has a plain element where others must be inside');
  const elements: Element[] = [];
  for (let at = 0; at < content.length; ) {
    if (elements.length === mostElements) throw new PfxError('pfx-too-large');
    const { element, end } = readElement(content, at, encoding);
    elements.push(element);
    at = end;
  }
  return elements;
}

function readElement(bytes: Uint8Array, at: number, encoding: Encoding): { element: Element; end: number } {
  const { tag, start, length } = readHeader(bytes, at, encoding);
  if (length === undefined) {
    const scan = { left: mostScanned };
    const end = endOfContents(bytes, start, scan, 1);
    const content = bytes.subarray(start, end - 2);
    return { element: { tag, content, whole: bytes.subarray(at, end), encoding }, end };
  }
  const end = start + length;
  if (end > bytes.length) throw malformed('is cut short');
  const content = bytes.subarray(start, end);
  return { element: { tag, content, whole: bytes.subarray(at, end), encoding }, end };
}

/** Finds the end of an indefinite length (X.690 section 8.1.3.6): after its own two zero octets. */
function endOfContents(bytes: Uint8Array, start: number, scan: { left: number }, depth: number): number {
  if (depth > deepestIndefinite) throw new PfxError('pfx-too-large');
  for (let at = start; ; ) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) return at + 2;
    if (--scan.left < 0) throw new PfxError('pfx-too-large');
    const header = readHeader(bytes, at, 'BER');
    at =
      header.length === undefined
        ? endOfContents(bytes, header.start, scan, depth + 1)
        : header.start + header.length;
  }
}

/** Identifier and length octets; the length is undefined where BER leaves it open. */
function readHeader(bytes: Uint8Array, at: number, encoding: Encoding) {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined) throw malformed('is cut short');
  if (tag === 0 || (tag & 0x1f) === 0x1f) throw malformed('has a tag that no PFX has');
  if (first < 0x80) return { tag, start: at + 2, length: first };
  if (first === 0x80) {
    if (encoding === 'DER' || (tag & constructed) === 0) throw malformed('leaves a length open');
    return { tag, start: at + 2, length: undefined };
  }
  const start = at + 2 + (first & 0x7f);
  if (start - at > 6) throw malformed('has a length beyond any file');
  if (start > bytes.length) throw malformed('is cut short');
  const length = bytes.subarray(at + 2, start).reduce((value, byte) => value * 256 + byte, 0);
  const padded = bytes[at + 2] === 0 || length < 0x80;
  if (encoding === 'DER' && padded) throw malformed('has a padded length');
  return { tag, start, length };
}

function malformed(why: string): PfxError {
  return new PfxError('pfx-malformed', { why: `the file ${why}` });
}
