import { both, type Edit, gone, onlyStrict, strictAtLeast, to, twice, withBytes } from './edit.ts';
import { nodes } from './nodes.ts';
import type { Tlv } from './tlv.ts';

/** Where a file has an encryption: of its key, of its other parts, of a key inside one of those. */
const encryptions = ['key', 'certificates', 'inner'];
const ofEach = (...fields: string[]) =>
  encryptions.flatMap((place) => fields.map((field) => `${place}.${field}`));

const counts = ['mac.count', ...ofEach('count')];
const salts = ['mac.salt', ...ofEach('salt')];
const lengths = ['mac.keyLength', ...ofEach('keyLength')];
const algorithms = [
  ...['mac.digest', 'mac.hmac', 'mac.kdf', 'mac.prf'],
  ...ofEach('scheme', 'kdf', 'prf', 'cipher'),
];

const algorithm = (...content: number[]): Tlv => ({ tag: 0x06, content: Uint8Array.from(content) });
const longestOid = algorithm(...Array<number>(32).fill(1));
const longOid = algorithm(...Array<number>(33).fill(1));
const hugeArc = algorithm(...Array<number>(31).fill(0xff), 1);

/** Hostile counts, salts, key lengths, vectors, algorithms and MACs. */
export const parameterEdits: Readonly<Record<string, Edit>> = {
  'a count of 0': both(counts, to(nodes.integerOf('00')), 'pfx-unsafe-parameters'),
  'a count of -1': both(counts, to(nodes.integerOf('ff')), 'pfx-unsafe-parameters'),
  'a count of -2^31': both(counts, to(nodes.integerOf('80000000')), 'pfx-unsafe-parameters'),
  'a count of no octets': both(counts, to(nodes.integerOf('')), 'pfx-unsafe-parameters'),
  'a count of 2^31 - 1': both(counts, to(nodes.integerOf('7fffffff')), 'pfx-costly'),
  'a count of 2^31': both(counts, to(nodes.integerOf('0080000000')), 'pfx-costly'),
  'a count of 2^63': both(counts, to(nodes.integerOf('008000000000000000')), 'pfx-costly'),
  'a count of 2^8000': both(counts, to(nodes.integerOf(`01${'00'.repeat(1_000)}`)), 'pfx-costly'),
  'a padded count': both(counts, to(nodes.integerOf('0001')), 'pfx-malformed'),
  'a count of another type': both(counts, to(nodes.octets(Buffer.of(1))), 'pfx-malformed'),
  'a key length of 0': both(lengths, to(nodes.integerOf('00')), 'pfx-unsafe-parameters'),
  'a key length of 1': both(lengths, to(nodes.integerOf('01')), 'pfx-unsafe-parameters'),
  'a key length of -1': both(lengths, to(nodes.integerOf('ff')), 'pfx-unsafe-parameters'),
  'a huge key length': both(lengths, to(nodes.integerOf('7fffffff')), 'pfx-unsafe-parameters'),
  'a key length beyond numbers': both(
    lengths,
    to(nodes.integerOf(`01${'00'.repeat(40)}`)),
    'pfx-unsafe-parameters',
  ),
  'a PBMAC1 key length left out': both(['mac.keyLength'], gone, 'pfx-unsafe-parameters'),
  'a PBES2 key length left out': both(ofEach('keyLength'), gone),
  'no salt': both(salts, gone, 'pfx-unsafe-parameters'),
  'an empty salt': both(salts, to(nodes.octets(new Uint8Array())), 'pfx-unsafe-parameters'),
  'a salt of another type': both(salts, to(nodes.integer(7)), 'pfx-unsafe-parameters'),
  'a salt by an algorithm': both(salts, to(nodes.sequence(nodes.oid('1.2.3'))), 'pfx-unsafe-parameters'),
  'a salt of 100,000 bytes': both(salts, to(nodes.octets(Buffer.alloc(100_000, 1))), 'pfx-unsafe-parameters'),
  'another salt': both(['mac.salt'], to(nodes.octets(Buffer.alloc(16, 9))), 'pfx-wrong-password-or-damaged'),
  'another salt of a part': both(ofEach('salt'), to(nodes.octets(Buffer.alloc(16, 9))), 'pfx-parts-differ'),
  'a vector of another length': strictAtLeast(
    ofEach('iv'),
    (_, random) => [nodes.octets(new Uint8Array(random.pick(0, 1, 8, 15, 17, 32, 5_000)))],
    'pfx-unsafe-parameters',
    'pfx-unsupported',
  ),
  'no vector': both(ofEach('iv'), gone, 'pfx-malformed'),
  'an unknown algorithm': both(algorithms, to(nodes.oid('1.3.6.1.4.1.99999.1')), 'pfx-unsupported'),
  'an algorithm of the longest name': both(algorithms, to(longestOid), 'pfx-unsupported'),
  'an algorithm of too long a name': both(algorithms, to(longOid), 'pfx-malformed'),
  'an algorithm with a huge arc': both(algorithms, to(hugeArc), 'pfx-malformed'),
  'a padded algorithm': both(algorithms, to(algorithm(0x2a, 0x80, 1)), 'pfx-malformed'),
  'an algorithm cut short': both(algorithms, to(algorithm(0x2a, 0x86)), 'pfx-malformed'),
  'an empty algorithm': both(algorithms, to(algorithm()), 'pfx-malformed'),
  'a MAC cut short': both(
    ['mac.value'],
    withBytes((mac) => mac.subarray(1)),
    'pfx-unsafe-parameters',
  ),
  'an empty MAC': both(['mac.value'], to(nodes.octets(Buffer.of())), 'pfx-unsafe-parameters'),
  'a MAC with more': both(
    ['mac.value'],
    withBytes((mac) => Buffer.concat([mac, Buffer.of(0)])),
    'pfx-unsafe-parameters',
  ),
  'a wrong MAC': both(
    ['mac.value'],
    withBytes((mac) => Buffer.alloc(mac.length)),
    'pfx-wrong-password-or-damaged',
  ),
  'the MAC taken away': onlyStrict(['mac'], gone, 'pfx-no-mac'),
  'two MACs': both(['mac'], twice, 'pfx-malformed'),
  'another unused salt': onlyStrict(
    ['mac.unusedSalt'],
    to(nodes.octets(Buffer.alloc(40))),
    'pfx-unsupported',
  ),
  'an unused count': onlyStrict(['mac.unusedSalt'], (node) => [node, nodes.integer(2)], 'pfx-unsupported'),
};
