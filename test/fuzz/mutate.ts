import { oids } from '#crypto/oids.ts';
import { nodes } from './nodes.ts';
import type { Random } from './random.ts';
import { encode, type Making, nodeAt, type Path, replaced, type Tlv } from './tlv.ts';

/** Changes to files that nobody thought of: of elements, of the bytes of one element, of the bytes of the file. */

type TreeChange = (node: Tlv, random: Random, donor: Tlv) => readonly Tlv[];
type ByteChange = (bytes: Uint8Array, random: Random, donor: Tlv) => Uint8Array;

const someTags = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x1e, 0x24, 0x30, 0x31, 0x80, 0xa0, 0xa1, 0x00, 0x1f, 0xff,
];
const someNumbers = [
  '',
  '00',
  '01',
  'ff',
  '7f',
  '0080',
  '0001',
  '7fffffff',
  '0080000000',
  '80000000',
  '00ffffffffffffffff',
];

const bytesOf = (node: Tlv) => encode({ ...node, form: 'bare' });
const bare = (content: Uint8Array): Tlv => ({ tag: 0, content, form: 'bare' });

function anyNode(tree: Tlv, random: Random): Tlv {
  return nodeAt(tree, anyPath(tree, random));
}

const byteChanges: Readonly<Record<string, ByteChange>> = {
  'flip a bit': (bytes, random) => changedAt(bytes, random, (byte) => byte ^ (1 << random.below(8))),
  'set a byte': (bytes, random) =>
    changedAt(bytes, random, () => random.pick(0, 1, 0x7f, 0x80, 0xff, random.below(256))),
  'insert bytes': (bytes, random) => {
    const at = random.below(bytes.length + 1);
    const more = random.bytes(random.pick(1, 1, 2, 8, 100));
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  },
  'delete bytes': (bytes, random) => {
    const at = random.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.pick(1, 1, 2, 8, 100))]);
  },
  'cut short': (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  'copy bytes over': (bytes, random) => {
    const copy = Buffer.from(bytes);
    const [from, to] = [random.below(bytes.length + 1), random.below(bytes.length + 1)];
    copy.copy(copy, to, from, from + random.pick(1, 4, 16, 64));
    return copy;
  },
  splice: (bytes, random, donor) => {
    const other = encode(donor);
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
  'tamper with a length': (bytes, random) => {
    const at = anyLength(bytes, random);
    return bytes.map((byte, i) =>
      i === at ? random.pick(byte + 1, byte - 1, 0x80, 0x81, 0x84, 0xff, 0) & 0xff : byte,
    );
  },
};

const someOids = Object.values(oids).map((dotted) => nodes.oid(dotted).content);
const someTexts = ['', 'A', 'D83D', 'D83DDE00', 'DE00D83D', '0000', '00410000', '0041'.repeat(300)];

/** Another value of the kind that stands there, so that it is read and not only parsed. */
function anotherValue(node: Tlv, random: Random): Tlv {
  const length = node.content.length;
  switch (node.tag) {
    case 0x02:
      return plain(node, Buffer.from(random.of(someNumbers), 'hex'));
    case 0x03:
    case 0x04:
    case 0x80:
      return plain(
        node,
        changedAt(bytesOf(node), random, () => random.below(256)),
      );
    case 0x06:
      return { ...node, content: random.of(someOids) };
    case 0x1e:
      return plain(node, Buffer.from(random.of(someTexts), 'hex'));
    default:
      return node.content instanceof Uint8Array
        ? plain(node, random.bytes(Math.min(64, length)))
        : { ...node, content: node.content.toSpliced(random.below(Math.max(1, length)), 1) };
  }
}

const treeChanges: Readonly<Record<string, TreeChange>> = {
  'another value': (node, random) => [anotherValue(node, random)],
  'delete it': () => [],
  'double it': (node) => [node, node],
  'empty it': (node) => [plain(node, new Uint8Array())],
  'another tag': (node, random) => [{ ...node, tag: random.of(someTags) }],
  'random content': (node, random) => [plain(node, random.bytes(random.pick(1, 8, 16, 32, 200)))],
  'long content': (node, random) => [
    plain(node, Buffer.alloc(random.pick(130, 5_000, 70_000), random.below(256))),
  ],
  'another form': (node, random) => [
    { ...node, form: random.pick('indefinite', 'padded', 'segments', 'bare') },
  ],
  'a wrong length': (node, random) => [{ ...node, form: random.pick(1, -1, 2, 100, -100, 70_000) }],
  'something of another file': (_, random, donor) => [anyNode(donor, random)],
  'more of another file': (node, random, donor) => [node, anyNode(donor, random)],
  'wrap it': (node, random) => {
    let wrapped = node;
    for (let i = random.pick(1, 1, 2, 40); i > 0; i--)
      wrapped = { tag: random.pick(0x30, 0x31, 0x04, 0xa0), content: [wrapped] };
    return [wrapped];
  },
  'unwrap it': (node) => (node.content instanceof Uint8Array ? [node] : node.content),
  'shuffle it': (node, random) =>
    node.content instanceof Uint8Array
      ? [node]
      : [{ ...node, content: [...node.content].sort(() => random.below(3) - 1) }],
  'repeat it': (node, random) => Array<Tlv>(random.pick(3, 9, 65, 130)).fill(node),
};

const inBytes = 'bytes of the file: ';
const inContent = 'bytes of an element: ';
const inTree = 'an element: ';

const names = [
  ...Object.keys(byteChanges).flatMap((name) => [inBytes + name, inContent + name, inContent + name]),
  ...Object.keys(treeChanges).flatMap((name) => [inTree + name, inTree + name]),
  ...Array<string>(20).fill(`${inTree}another value`),
];

/** Every change, once. */
export const changeNames: readonly string[] = [...new Set(names)];

/** Chooses one to three changes; those of the file's bytes come last. */
export function chooseChanges(random: Random): string[] {
  const chosen = Array.from({ length: random.pick(1, 1, 1, 2, 3) }, () => random.of(names));
  return [
    ...chosen.filter((name) => !name.startsWith(inBytes)),
    ...chosen.filter((name) => name.startsWith(inBytes)),
  ];
}

export interface Mutation {
  tree: Tlv;
  /** Another file, whose parts may be put in. */
  donor: Tlv;
  making: Making;
  /** Each with its choices. */
  changes: readonly { name: string; random: Random }[];
}

/** The file with its changes made, in their order. */
export function mutate({ tree, donor, making, changes }: Mutation): Uint8Array {
  let changed = tree;
  let bytes: Uint8Array | undefined;
  for (const { name, random } of changes) {
    const onBytes = byteChanges[name.replace(inBytes, '')];
    if (onBytes === undefined) changed = inside(changed, name, random, donor);
    else bytes = onBytes(bytes ?? encode(changed, making), random, donor);
  }
  return bytes ?? encode(changed, making);
}

function inside(tree: Tlv, name: string, random: Random, donor: Tlv): Tlv {
  const path = anyPath(tree, random);
  const onBytes = byteChanges[name.replace(inContent, '')];
  if (onBytes !== undefined) {
    const change = (bytes: Uint8Array) => onBytes(bytes, random, donor);
    const withHeader = random.oneIn(4);
    return replaced(tree, path, (node) => [
      withHeader ? bare(change(encode(node))) : plain(node, change(bytesOf(node))),
    ]);
  }
  const onTree = treeChanges[name.replace(inTree, '')];
  return onTree === undefined ? tree : replaced(tree, path, (node) => onTree(node, random, donor));
}

/** A way down that may end at any element: those that stand high are chosen oftener than each of the many deep ones. */
function anyPath(tree: Tlv, random: Random): Path {
  const path: number[] = [];
  for (let { content } = tree; !(content instanceof Uint8Array) && content.length > 0 && !random.oneIn(7); ) {
    const at = random.below(content.length);
    path.push(at);
    content = content[at]?.content ?? [];
  }
  return path;
}

/** The same element with other bytes in it, neither encrypted nor computed. */
function plain({ tag, authenticated }: Tlv, content: Uint8Array): Tlv {
  return { tag, content, ...(authenticated && { authenticated }) };
}

function changedAt(bytes: Uint8Array, random: Random, by: (byte: number) => number): Uint8Array {
  const at = random.below(Math.max(1, bytes.length));
  return bytes.map((byte, i) => (i === at ? by(byte) & 0xff : byte));
}

/** Where the octet stands that begins some element's length, by a way down like that of `anyPath`. */
function anyLength(bytes: Uint8Array, random: Random): number {
  let at = 0;
  for (let end = bytes.length; !random.oneIn(7); ) {
    const inside = at + 2 + ((bytes[at + 1] ?? 0) > 0x80 ? (bytes[at + 1] ?? 0) & 0x7f : 0);
    const within = [0x30, 0x31, 0xa0, 0x04, 0x24].includes(bytes[at] ?? 0);
    const next = within ? inside : inside + (bytes[at + 1] ?? 0);
    if (next + 2 > end) break;
    at = next;
  }
  return at + 1;
}
