import { asForm, both, type Edit, gone, onlyStrict, strictAtLeast, to, twice, withBytes } from './edit.ts';
import { nodes } from './nodes.ts';

const attributes = (count: number) => {
  const one = (_: unknown, i: number) => nodes.sequence(nodes.oid(`1.2.3.${i}`), nodes.set());
  return nodes.set(...Array.from({ length: count }, one));
};

/** Hostile bags, names, ciphertexts, keys and certificates. */
export const contentEdits: Readonly<Record<string, Edit>> = {
  'a bag of an unknown type': strictAtLeast(['bag.type'], to(nodes.oid('1.2.3.4')), 'pfx-foreign-content'),
  'a bag of the longest type': strictAtLeast(
    ['bag.type'],
    to({ tag: 0x06, content: Buffer.alloc(32, 1) }),
    'pfx-foreign-content',
  ),
  'encrypted content in segments': onlyStrict(['certificates.bytes'], asForm('segments'), 'pfx-malformed'),
  'an encrypted key in segments': onlyStrict(['key.bytes'], asForm('segments'), 'pfx-malformed'),
  'ciphertext cut short by a byte': both(
    ['key.bytes', 'certificates.bytes'],
    withBytes((bytes) => bytes.subarray(0, -1)),
    'pfx-parts-differ',
  ),
  'no ciphertext': both(
    ['key.bytes', 'certificates.bytes'],
    withBytes(() => Buffer.of()),
    'pfx-parts-differ',
  ),
  'a key with a byte after it': strictAtLeast(
    ['pkcs8'],
    (node) => [node, nodes.bare(Buffer.of(0))],
    'pfx-parts-differ',
  ),
  'an attribute twice': both(['name.attribute', 'id.attribute'], twice, 'pfx-malformed'),
  'a name of an odd length': both(
    ['name'],
    withBytes((name) => Buffer.concat([name, Buffer.of(0)])),
    'pfx-malformed',
  ),
  'half a surrogate pair': both(
    ['name'],
    to({ tag: 0x1e, content: Buffer.of(0xd8, 0, 0, 0x41) }),
    'pfx-malformed',
  ),
  'a name of another type': both(['name'], to({ tag: 0x0c, content: Buffer.from('name') }), 'pfx-malformed'),
  'two names in one': both(['name'], twice, 'pfx-malformed'),
  'an empty attribute': both(['name', 'id'], gone, 'pfx-malformed'),
  'a name of 100,000 bytes': both(
    ['name'],
    to({ tag: 0x1e, content: Buffer.alloc(100_000, Buffer.of(0, 65)) }),
  ),
  'a localKeyID of another type': both(['id'], to(nodes.integer(1)), 'pfx-malformed'),
  'a meaningless attribute of another type': both(['more'], to(nodes.null())),
  '16 attributes': both(['attributes'], to(attributes(16))),
  '17 attributes': both(['attributes'], to(attributes(17)), 'pfx-too-large'),
  'no attributes in their set': both(['attributes'], to(nodes.set())),
  'a certificate with a byte after it': onlyStrict(
    ['certificate'],
    withBytes((bytes) => Buffer.concat([bytes, Buffer.of(0)])),
    'pfx-malformed',
  ),
  'no certificate in its bag': onlyStrict(['certificate'], to(nodes.octets(Buffer.of())), 'pfx-malformed'),
};
