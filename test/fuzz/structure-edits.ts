import { asForm, both, type Edit, gone, onlyStrict, strictAtLeast, to, twice } from './edit.ts';
import { nodes } from './nodes.ts';

const structural = ['pfx', 'content', 'safes', 'clear', 'encrypted', 'bags', 'bag', 'attributes', 'mac'];
/** Those that are not inside an encrypted part, where the encoding is that of the whole. */
const outside = ['pfx', 'content', 'safes', 'clear', 'encrypted', 'bags', 'mac'];

/** Open lengths within each other. */
const bomb = (depth: number) => nodes.bare(Buffer.alloc(2 * depth, Buffer.of(0x30, 0x80)));

const mebibyte = nodes.octets(new Uint8Array(1_048_576));

/** Hostile versions, types, sizes, nesting and encodings. */
export const structureEdits: Readonly<Record<string, Edit>> = {
  'version 0': both(['version'], to(nodes.integer(0)), 'pfx-unsupported'),
  'version 4': both(['version'], to(nodes.integer(4)), 'pfx-unsupported'),
  'version 2^2000': both(['version'], to(nodes.integerOf(`01${'00'.repeat(250)}`)), 'pfx-unsupported'),
  'version -1': both(['version'], to(nodes.integerOf('ff')), 'pfx-malformed'),
  'no version': both(['version'], gone, 'pfx-malformed'),
  'version 2 of an encrypted part': both(['certificates.version'], to(nodes.integer(2)), 'pfx-unsupported'),
  'a signature': both(['content.type'], to(nodes.oid('1.2.840.113549.1.7.2')), 'pfx-not-by-password'),
  'an unknown content': both(
    ['content.type', 'clear.type', 'encrypted.type', 'certificates.type'],
    to(nodes.oid('1.2.3.4')),
    'pfx-foreign-content',
  ),
  'something after the end': both(
    ['pfx'],
    (node, random) => [node, nodes.bare(random.bytes(random.pick(1, 2, 100)))],
    'pfx-malformed',
  ),
  'something before the start': both(['pfx'], (node) => [nodes.bare(Buffer.of(0)), node], 'pfx-malformed'),
  'two files': both(['pfx'], twice, 'pfx-malformed'),
  'a mebibyte too much': both(['pfx'], (node) => [node, mebibyte], 'pfx-too-large'),
  'the largest file of nothing': both(
    ['pfx'],
    to({ tag: 0x30, content: Buffer.alloc(1_048_570, Buffer.of(5, 0)) }),
    'pfx-too-large',
  ),
  'the largest file of open lengths': both(['pfx'], to(bomb(524_288)), 'pfx-malformed', 'pfx-too-large'),
  'open lengths deep inside': both(
    ['content', 'safes', 'bags', 'attributes'],
    (_, random) => [bomb(random.pick(20, 5_000))],
    'pfx-malformed',
    'pfx-too-large',
  ),
  'deep nesting': both(
    ['safes', 'bags', 'attributes'],
    (node, random) => {
      let deep = node;
      for (let i = random.pick(20, 300); i > 0; i--) deep = nodes.sequence(deep);
      return [deep];
    },
    'pfx-malformed',
  ),
  'an open length': onlyStrict(outside, asForm('indefinite'), 'pfx-malformed'),
  'a padded length': onlyStrict(outside, asForm('padded'), 'pfx-malformed'),
  'a length too long by one': strictAtLeast(structural, asForm(1), 'pfx-malformed', 'pfx-parts-differ'),
  'a length too short by one': strictAtLeast(structural, asForm(-1), 'pfx-malformed', 'pfx-parts-differ'),
  'content in segments': onlyStrict(['authenticated'], asForm('segments'), 'pfx-malformed'),
};
