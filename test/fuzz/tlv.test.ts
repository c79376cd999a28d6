import { describe, expect, it } from 'vitest';
import { pfxVectors, vectorBytes } from '#test/vectors/pfx/vector.ts';
import { labelled, nodes } from './nodes.ts';
import {
  edited,
  encode,
  labelsOf,
  nodeAt,
  parseTlv,
  replaced,
  type Tlv,
  walk,
  withMacWritten,
} from './tlv.ts';

const hex = (node: Tlv) => encode(node).toString('hex');
const seven = nodes.integer(7);

describe('a tree', () => {
  it.each(pfxVectors.map((vector) => [vector.file, vector] as const))(
    'writes what it read (%s)',
    (_, vector) => {
      const bytes = vectorBytes(vector);
      const tree = parseTlv(bytes);
      expect(tree !== undefined && encode(tree).equals(bytes)).toBe(true);
    },
  );

  it('shows what octet strings wrap', () => {
    const tree = parseTlv(encode(nodes.octets([nodes.sequence(seven)])));
    expect(tree && walk(tree).map(({ node }) => node.tag)).toEqual([0x04, 0x30, 0x02]);
  });

  it.each([
    ['nothing', ''],
    ['what is cut short', '300302'],
    ['what goes on', '02010700'],
    ['an end alone', '0000'],
  ])('is not made of %s', (_, bytes) => {
    expect(parseTlv(Buffer.from(bytes, 'hex'))).toBeUndefined();
  });
});

describe('what a tree encodes to', () => {
  it.each([
    ['der', '04020507'],
    ['indefinite', '048005070000'],
    ['padded', '048200020507'],
    ['segments', '2406040105040107'],
    ['bare', '0507'],
    [1, '04030507'],
    [-1, '04010507'],
  ] as const)('has the form that it is told (%s)', (form, expected) => {
    expect(hex({ tag: 0x04, content: Buffer.of(5, 7), form })).toBe(expected);
  });

  it('has long lengths where they are needed', () => {
    expect(hex(nodes.octets(new Uint8Array(128))).slice(0, 6)).toBe('048180');
    expect(hex(nodes.octets(new Uint8Array(65_536))).slice(0, 10)).toBe('0483010000');
  });

  it('is encrypted where it says so', () => {
    const seal = { cipher: 'aes-256-cbc', key: new Uint8Array(32), iv: new Uint8Array(16) } as const;
    const bytes = encode({ tag: 0x04, content: [seven], seal });
    expect(bytes.length).toBe(2 + 16);
    expect(bytes.includes(encode(seven))).toBe(false);
  });

  it('has a MAC over what is authenticated now, or the one that was written', () => {
    const file = (content: Tlv): Tlv =>
      nodes.sequence(
        { ...nodes.octets([content]), authenticated: true },
        { ...nodes.octets(new Uint8Array()), mac: { digest: 'sha256', key: Buffer.from('key') } },
      );
    const written = withMacWritten(file(seven));
    const changed = replaced(written, [0, 0], () => [nodes.integer(8)]);
    expect(encode(changed).equals(encode(file(nodes.integer(8))))).toBe(true);
    expect(encode(changed, 'keep').subarray(-32).equals(encode(written).subarray(-32))).toBe(true);
    expect(encode(changed, 'anew').subarray(-32).equals(encode(written).subarray(-32))).toBe(false);
  });
});

describe('a change of a tree', () => {
  const tree = nodes.sequence(
    labelled('a', seven),
    nodes.sequence(labelled('a', seven), labelled('b', nodes.null())),
  );

  it('reaches the node at a path, and leaves the tree as it was', () => {
    const before = hex(tree);
    expect(hex(replaced(tree, [1, 1], () => []))).toBe('3008020107300302010 7'.replace(' ', ''));
    expect(hex(replaced(tree, [0], (node) => [node, node]))).toBe(
      '300d0201070201073005020107 0500'.replace(' ', ''),
    );
    expect(hex(replaced(tree, [], (node) => [node, seven]))).toBe(`${before}020107`);
    expect(hex(replaced(tree, [0, 0, 0], () => []))).toBe(before);
    expect(hex(tree)).toBe(before);
    expect(nodeAt(tree, [1, 1]).label).toBe('b');
  });

  it('reaches every node of a label', () => {
    expect(labelsOf(tree)).toEqual(new Set(['a', 'b']));
    expect(hex(edited(tree, 'a', () => []))).toBe('300430020500');
    expect(edited(tree, 'c', () => [])).toBe(tree);
  });
});
