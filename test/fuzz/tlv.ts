import { createHmac } from 'node:crypto';
import { type Seal, sealed } from './seal.ts';

/**
 * A file as a tree of tags, lengths and values, which can be written in every wrong way. What is wrapped in an octet string
 * or encrypted is part of the tree, so that a change deep inside reaches its reader: lengths, encryption and MAC around it
 * follow when the tree is encoded.
 */
export interface Tlv {
  /** The identifier octet. */
  readonly tag: number;
  /** Plain bytes, or the elements that stand inside. */
  readonly content: Uint8Array | readonly Tlv[];
  /** How it is written; DER unless told. */
  readonly form?: Form;
  /** Encrypts what the content encodes to. */
  readonly seal?: Seal;
  /** The content is what the MAC is over. */
  readonly authenticated?: true;
  /** Makes the content anew, as the MAC over the authenticated bytes. */
  readonly mac?: MacKey;
  /** What the field is, for whoever edits it. */
  readonly label?: string;
}

export interface MacKey {
  digest: string;
  key: Uint8Array;
}

/** A number is added to the length; `bare` leaves tag and length out. */
export type Form = 'der' | 'indefinite' | 'padded' | 'segments' | 'bare' | number;

/** Where a node stands: the index at each level. */
export type Path = readonly number[];

const constructed = 0x20;
const octetString = 0x04;

/** Whether the MAC is left as it was written before, or computed. */
export type Making = 'keep' | 'anew';

export function encode(node: Tlv, making: Making = 'anew'): Buffer {
  return encodeNode(node, { making, authenticated: new Uint8Array() });
}

/** The tree with its right MAC written into it, for whoever keeps that one. */
export function withMacWritten(root: Tlv): Tlv {
  const state: State = { making: 'anew', authenticated: new Uint8Array() };
  encodeNode(root, state);
  return macsWritten(root, state);
}

function macsWritten(node: Tlv, state: State): Tlv {
  if (node.mac !== undefined) return { ...node, content: contentOf(node, state) };
  if (node.content instanceof Uint8Array || encodings.has(node)) return node;
  return { ...node, content: node.content.map((inner) => macsWritten(inner, state)) };
}

interface State {
  making: Making;
  authenticated: Uint8Array;
}

/** What nodes encoded to before: they never change, and most of a changed file is as it was. */
const encodings = new WeakMap<Tlv, Buffer>();

function encodeNode(node: Tlv, state: State): Buffer {
  const known = encodings.get(node);
  if (known !== undefined) return known;
  const content = contentOf(node, state);
  if (node.authenticated === true) state.authenticated = content;
  const bytes = written(node.tag, content, node.form ?? 'der');
  if (isFixed(node)) encodings.set(node, bytes);
  return bytes;
}

/** Whether nothing around it, such as the MAC, decides what it encodes to. */
function isFixed({ content, mac, authenticated }: Tlv): boolean {
  const inside = content instanceof Uint8Array || content.every((inner) => encodings.has(inner));
  return inside && mac === undefined && authenticated === undefined;
}

function contentOf({ content, seal, mac }: Tlv, state: State): Uint8Array {
  if (mac !== undefined && state.making === 'anew') {
    return createHmac(mac.digest, mac.key).update(state.authenticated).digest();
  }
  const plain =
    content instanceof Uint8Array ? content : joined(content.map((inner) => encodeNode(inner, state)));
  return seal === undefined ? plain : sealed(seal, plain);
}

function joined(parts: readonly Uint8Array[]): Buffer {
  const whole = Buffer.allocUnsafe(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function written(tag: number, content: Uint8Array, form: Form): Buffer {
  if (form === 'bare') return Buffer.from(content);
  if (form === 'indefinite') return joined([Buffer.of(tag, 0x80), content, Buffer.of(0, 0)]);
  if (form === 'segments') {
    const half = content.length >> 1;
    const segments = [content.subarray(0, half), content.subarray(half)];
    const inside = joined(segments.map((segment) => written(octetString, segment, 'der')));
    return written(tag | constructed, inside, 'der');
  }
  const length = content.length + (typeof form === 'number' ? form : 0);
  return joined([Uint8Array.of(tag, ...lengthOctets(Math.max(0, length), form === 'padded')), content]);
}

function lengthOctets(length: number, padded: boolean): number[] {
  if (length < 0x80 && !padded) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  if (padded) octets.unshift(0);
  return [0x80 | octets.length, ...octets];
}

/** Whole elements, end to end; what an octet string wraps is read too. @returns undefined for anything else */
export function parseTlvs(bytes: Uint8Array): Tlv[] | undefined {
  const nodes: Tlv[] = [];
  for (let at = 0; at < bytes.length; ) {
    const read = parseAt(bytes, at);
    if (read === undefined) return undefined;
    nodes.push(read.node);
    at = read.end;
  }
  return nodes;
}

/** One whole element. @returns undefined for anything else */
export function parseTlv(bytes: Uint8Array): Tlv | undefined {
  const [node, ...more] = parseTlvs(bytes) ?? [];
  return more.length === 0 ? node : undefined;
}

function parseAt(bytes: Uint8Array, at: number): { node: Tlv; end: number } | undefined {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f || tag === 0) return undefined;
  if (first === 0x80) return parseIndefinite(bytes, at, tag);
  const start = at + 2 + (first > 0x80 ? first & 0x7f : 0);
  const length =
    first < 0x80 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  const end = start + length;
  if (end > bytes.length || start - at > 6) return undefined;
  const content = bytes.subarray(start, end);
  const inside = (tag & constructed) !== 0 || tag === octetString ? parseTlvs(content) : undefined;
  const wraps = inside !== undefined && (tag !== octetString || inside.length > 0);
  const node = { tag, content: wraps ? inside : content };
  // A form that is not written again as it was read stays as plain bytes, so that what is read is written.
  return encode(node).equals(bytes.subarray(at, end)) ? { node, end } : { node: { tag, content }, end };
}

function parseIndefinite(bytes: Uint8Array, at: number, tag: number): { node: Tlv; end: number } | undefined {
  const content: Tlv[] = [];
  for (let next = at + 2; next < bytes.length; ) {
    if (bytes[next] === 0 && bytes[next + 1] === 0) {
      return { node: { tag, content, form: 'indefinite' }, end: next + 2 };
    }
    const read = parseAt(bytes, next);
    if (read === undefined) return undefined;
    content.push(read.node);
    next = read.end;
  }
  return undefined;
}

/** Every node with its path, the root first. */
export function walk(node: Tlv, path: Path = []): { node: Tlv; path: Path }[] {
  const { content } = node;
  const inside =
    content instanceof Uint8Array ? [] : content.flatMap((inner, i) => walk(inner, [...path, i]));
  return [{ node, path }, ...inside];
}

/** @returns the node itself where the path leads further than the tree */
export function nodeAt(node: Tlv, [first, ...rest]: Path): Tlv {
  const inner = first === undefined || node.content instanceof Uint8Array ? undefined : node.content[first];
  return inner === undefined ? node : nodeAt(inner, rest);
}

/** The tree with other nodes, or none, in place of the one at a path. */
export function replaced(root: Tlv, path: Path, by: (node: Tlv) => readonly Tlv[]): Tlv {
  const [first, ...rest] = path;
  if (first === undefined) {
    const [only = root, ...more] = by(root);
    return more.length === 0 ? only : { tag: root.tag, content: [only, ...more], form: 'bare' };
  }
  if (root.content instanceof Uint8Array) return root;
  const content = root.content.flatMap((inner, i) => {
    if (i !== first) return [inner];
    return rest.length === 0 ? by(inner) : [replaced(inner, rest, by)];
  });
  return { ...root, content };
}

/** Below these nothing has a label. */
const closedLabels = new Set(['certificate', 'pkcs8']);

function labelledInside({ content, label }: Tlv): readonly Tlv[] {
  return content instanceof Uint8Array || closedLabels.has(label ?? '') ? [] : content;
}

/** Every label that stands in a tree. */
export function labelsOf(root: Tlv): Set<string> {
  const labels = new Set<string>();
  const visit = (node: Tlv) => {
    if (node.label !== undefined) labels.add(node.label);
    for (const inner of labelledInside(node)) visit(inner);
  };
  visit(root);
  return labels;
}

/** The tree with every node of a label changed. */
export function edited(root: Tlv, label: string, by: (node: Tlv) => readonly Tlv[]): Tlv {
  const before = labelledInside(root);
  const after = before.flatMap((inner) => {
    const within = edited(inner, label, by);
    return within.label === label ? by(within) : [within];
  });
  const same = after.length === before.length && after.every((inner, i) => inner === before[i]);
  return same ? root : { ...root, content: after };
}
