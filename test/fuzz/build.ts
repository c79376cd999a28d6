import { oids } from '#crypto/oids.ts';
import { issuerCertificate, type KeyName, material } from './material.ts';
import { labelled, nodes } from './nodes.ts';
import type { BagPlan, FilePlan, KeyDamage, NamesPlan, SafePlan } from './plan.ts';
import { filler, macData, protection } from './protection.ts';
import { encode, parseTlv, type Tlv } from './tlv.ts';

/** The file that a plan describes, as a tree whose fields have labels. */
export function build({ password, macPassword = password, integrity, safes }: FilePlan): Tlv {
  const content = nodes.sequence(...safes.map((safe) => safeOf(safe, password)));
  const authenticated: Tlv = { ...nodes.octets([labelled('safes', content)]), authenticated: true };
  const mac = integrity === 'none' ? [] : [macData(integrity, macPassword)];
  const version = labelled('version', nodes.integer(3));
  const info = contentInfo(oids.data, labelled('authenticated', authenticated), 'content');
  return labelled('pfx', nodes.sequence(version, info, ...mac));
}

function contentInfo(type: string, content: Tlv, label: string): Tlv {
  return labelled(label, nodes.sequence(labelled(`${label}.type`, nodes.oid(type)), nodes.context(content)));
}

function safeOf(safe: SafePlan, password: string): Tlv {
  if (safe.kind === 'enveloped') return contentInfo(oids.envelopedData, nodes.sequence(), 'enveloped');
  if (safe.kind === 'clear') {
    const bags = bagsOf(safe.bags, password, 'key');
    return contentInfo(oids.data, nodes.octets([labelled('bags', bags)]), 'clear');
  }
  const { algorithm, seal } = protection(safe.encryption, password, 'certificates');
  const plain = labelled('sealedBags', bagsOf(safe.bags, password, 'inner'));
  const encrypted: Tlv = { tag: 0x80, content: [plain], seal };
  const info = nodes.sequence(
    labelled('certificates.type', nodes.oid(oids.data)),
    algorithm,
    labelled('certificates.bytes', encrypted),
  );
  const version = labelled('certificates.version', nodes.integer(0));
  return contentInfo(oids.encryptedData, nodes.sequence(version, info), 'encrypted');
}

function bagsOf(bags: readonly BagPlan[], password: string, place: 'key' | 'inner'): Tlv {
  return nodes.sequence(...bags.map((bag) => bagOf(bag, password, place)));
}

function bagOf(bag: BagPlan, password: string, place: 'key' | 'inner'): Tlv {
  const { type, value } = bagValue(bag, password, place);
  return labelled(
    'bag',
    nodes.sequence(labelled('bag.type', nodes.oid(type)), nodes.context(value), ...attributesOf(bag.names)),
  );
}

function bagValue(bag: BagPlan, password: string, place: 'key' | 'inner'): { type: string; value: Tlv } {
  switch (bag.holds) {
    case 'shrouded key': {
      const { algorithm, seal } = protection(bag.encryption, bag.password ?? password, place);
      const bytes: Tlv = { ...nodes.octets([keyOf(bag.key, bag.damage)]), seal };
      return {
        type: oids.pkcs8ShroudedKeyBag,
        value: nodes.sequence(algorithm, labelled(`${place}.bytes`, bytes)),
      };
    }
    case 'clear key':
      return { type: oids.keyBag, value: keyOf(bag.key, bag.damage) };
    case 'certificate':
      return {
        type: oids.certBag,
        value: certificateValue(bag.of === 'issuer' ? issuerCertificate() : material(bag.of).certificate),
      };
    case 'damaged certificate':
      return { type: oids.certBag, value: certificateValue(Buffer.from('3003020101', 'hex')) };
    case 'secret':
      return { type: oids.secretBag, value: nodes.sequence(nodes.oid('1.2.3'), nodes.context(nodes.null())) };
    case 'revocation list':
      return { type: oids.crlBag, value: nodes.sequence(nodes.oid('1.2.3'), nodes.context(nodes.null())) };
    case 'SDSI certificate':
      return { type: oids.certBag, value: nodes.sequence(nodes.oid('1.2.3'), nodes.context(nodes.null())) };
    case 'unknown':
      return { type: '1.2.3.4', value: nodes.null() };
    case 'ballast':
      return { type: '1.2.3.4', value: nodes.octets(new Uint8Array(bag.length)) };
    case 'nested':
      return { type: oids.safeContentsBag, value: bagsOf(bag.bags, password, place) };
  }
}

function certificateValue(certificate: Uint8Array): Tlv {
  const parsed = parsedOnce(certificate);
  const octets = nodes.octets(parsed === undefined ? certificate : [parsed]);
  return nodes.sequence(nodes.oid(oids.x509Certificate), nodes.context(labelled('certificate', octets)));
}

const parsedBefore = new WeakMap<Uint8Array, Tlv>();

/** The same bytes, such as a certificate's, come again and again. */
function parsedOnce(bytes: Uint8Array): Tlv | undefined {
  const parsed = parsedBefore.get(bytes) ?? parseTlv(bytes);
  if (parsed !== undefined) parsedBefore.set(bytes, parsed);
  return parsed;
}

/** The PKCS#8 of a key, with damage done to it. */
function keyOf(name: KeyName, damage: KeyDamage | undefined): Tlv {
  const { pkcs8 } = material(name);
  const bytes = damage === undefined ? pkcs8 : damaged(pkcs8, damage);
  return labelled('pkcs8', parsedOnce(bytes) ?? nodes.bare(bytes));
}

function damaged(pkcs8: Uint8Array, damage: KeyDamage): Uint8Array {
  const changed = (at: number) => pkcs8.map((byte, i) => (i === at ? byte ^ 1 : byte));
  const rsa = pkcs8.length > 1_000;
  switch (damage) {
    case 'scalar': // or, of RSA, the private exponent
      return changed(rsa ? 400 : 40);
    case 'public key': // or, of RSA, the modulus
      return changed(rsa ? 100 : pkcs8.length - 1);
    case 'cut short':
      return pkcs8.subarray(0, -1);
    case 'trailing byte':
      return Buffer.concat([pkcs8, Buffer.of(0)]);
    case 'another version':
      return changed(pkcs8.indexOf(0x02) + 2).map((byte, i) => (i === pkcs8.indexOf(0x02) + 2 ? 2 : byte));
    case 'not PKCS#8':
      return encode(nodes.sequence(nodes.null()));
  }
}

function attributesOf({ friendlyName, localKeyId, more }: NamesPlan): Tlv[] {
  const attribute = (oid: string, label: string, value: Tlv) =>
    labelled(
      `${label}.attribute`,
      nodes.sequence(nodes.oid(oid), labelled(`${label}.values`, nodes.set(labelled(label, value)))),
    );
  const attributes = [
    ...(friendlyName === undefined
      ? []
      : [attribute(oids.friendlyName, 'name', nodes.bmpString(friendlyName))]),
    ...(localKeyId === undefined
      ? []
      : [
          attribute(
            oids.localKeyId,
            'id',
            nodes.octets(filler(`localKeyID ${localKeyId.id}`, localKeyId.length)),
          ),
        ]),
    ...(more === undefined ? [] : [attribute('1.3.6.1.4.1.311.17.1', 'more', nodes.bmpString('provider'))]),
  ];
  return attributes.length === 0 ? [] : [labelled('attributes', nodes.set(...attributes))];
}
