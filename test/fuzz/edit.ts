import type { ErrorCode } from '#domain/error-codes.ts';
import type { Random } from './random.ts';
import { edited, encode, type Form, labelsOf, type Tlv } from './tlv.ts';

/** One hostile value for one field of a tree, and what must be said of it. */
export interface Edit {
  /** The labels of the fields that it is for. */
  fields: readonly string[];
  change: Change;
  /** Any of these; none means that it must open. */
  strict: readonly ErrorCode[];
  /** The same of the reader for files in hand; nothing is asked of it where this is left out. */
  inspect?: readonly ErrorCode[];
}

type Change = (node: Tlv, random: Random) => readonly Tlv[];

/** Both readers refuse it with one of these codes, or take it where there is none. */
export function both(fields: readonly string[], change: Change, ...codes: ErrorCode[]): Edit {
  return { fields, change, strict: codes, inspect: codes };
}

/** The strict reader refuses it, the other one takes it. */
export function onlyStrict(fields: readonly string[], change: Change, ...codes: ErrorCode[]): Edit {
  return { fields, change, strict: codes, inspect: [] };
}

/** The strict reader refuses it; what the other one does follows from the rest of the file. */
export function strictAtLeast(fields: readonly string[], change: Change, ...codes: ErrorCode[]): Edit {
  return { fields, change, strict: codes };
}

export const to =
  (node: Tlv): Change =>
  () => [node];
export const gone: Change = () => [];
export const twice: Change = (node) => [node, node];
export const asForm =
  (form: Form): Change =>
  (node) => [{ ...node, form }];

/** Other bytes in a field, without what encrypts or computes them. */
export const withBytes =
  (by: (bytes: Buffer) => Uint8Array): Change =>
  (node) => [{ tag: node.tag, content: by(encode({ ...node, form: 'bare' }, 'anew')) }];

/** The tree with an edit made of one of its fields, or nothing if it has none of them. */
export function madeEdit(tree: Tlv, { fields, change }: Edit, random: Random): Tlv | undefined {
  const labels = labelsOf(tree);
  const present = fields.filter((field) => labels.has(field));
  if (present.length === 0) return undefined;
  const field = random.of(present);
  const by = (node: Tlv) => change(node, random);
  if (tree.label === field) return { tag: tree.tag, content: by(tree), form: 'bare' };
  return edited(tree, field, by);
}
