import { PfxError } from '#domain/errors.ts';
import { oids } from '../oids.ts';
import { type Encryption, type Mac, type ReadingRules, readEncryption, readMac } from './algorithms.ts';
import { type Bag, readBags } from './bags.ts';
import { type Element, Fields, natural, octets, oidText, onlyElement, parseElement, tags } from './ber.ts';

/** Bytes encrypted under a password. */
export interface Encrypted {
  encryption: Encryption;
  bytes: Uint8Array;
}

/** A PFX as it stands before the password is used: everything that costs anything is known, and paid for. */
export interface PfxStructure {
  mac: Mac;
  /** What the MAC is over. */
  authenticated: Uint8Array;
  key: Encrypted & { bag: Bag };
  /** Encrypted SafeContents that may hold certificates only. */
  certificates: Encrypted[];
}

const largestFile = 1_048_576;
const mostSafes = 8;

/**
 * Reads the structure of a PFX (RFC 7292 section 4) without its password: password integrity and password privacy
 * only, one private key, nothing of value in clear. The key must not stand inside an encrypted part a second time, so that
 * all iteration counts are seen, and charged, before the first derivation.
 * @throws PfxError `pfx-malformed`, `pfx-too-large`, `pfx-unsupported`, `pfx-costly`, `pfx-no-mac`, `pfx-unprotected`,
 *   `pfx-key-count`
 */
export function readStructure(bytes: Uint8Array, rules: ReadingRules): PfxStructure {
  if (bytes.length > largestFile) throw new PfxError('pfx-too-large');
  const fields = new Fields(parseElement(bytes, rules.accept === 'modern' ? 'DER' : 'BER'), tags.sequence);
  if (natural(fields.take(tags.integer)) !== 3) {
    throw new PfxError('pfx-unsupported', { why: 'the file is not of PFX version 3' });
  }
  const authSafe = readContentInfo(fields.take(tags.sequence));
  const macData = fields.optional(tags.sequence);
  fields.end();
  if (authSafe.type !== oids.data) {
    throw new PfxError('pfx-unsupported', { why: 'the file is not protected by a password' });
  }
  if (macData === undefined) throw new PfxError('pfx-no-mac');
  const mac = readMac(macData, rules);
  const authenticated = octets(authSafe.content);
  return { mac, authenticated, ...readSafes(authenticated, authSafe.content, rules) };
}

function readSafes(authenticated: Uint8Array, { encoding }: Element, rules: ReadingRules) {
  const safes = new Fields(parseElement(authenticated, encoding), tags.sequence)
    .rest(tags.sequence)
    .map(readContentInfo);
  if (safes.length > mostSafes) throw new PfxError('pfx-too-large');
  const keys: PfxStructure['key'][] = [];
  const certificates: Encrypted[] = [];
  for (const { type, content } of safes) {
    if (type === oids.data) keys.push(...readClearSafe(content, rules));
    else if (type === oids.encryptedData) certificates.push(readEncryptedSafe(content, rules));
    else throw new PfxError('pfx-unsupported', { why: `the file has content of type ${type}` });
  }
  const [key, ...more] = keys;
  if (key === undefined || more.length > 0) throw new PfxError('pfx-key-count');
  return { key, certificates };
}

/** ContentInfo (RFC 5652 section 3). */
function readContentInfo(element: Element): { type: string; content: Element } {
  const fields = new Fields(element, tags.sequence);
  const type = oidText(fields.take(tags.oid));
  const content = onlyElement(fields.take(tags.context0));
  fields.end();
  return { type, content };
}

/** SafeContents in clear: it may hold the private key, shrouded, and nothing else. */
function readClearSafe(content: Element, rules: ReadingRules): PfxStructure['key'][] {
  const safeContents = parseElement(octets(content), content.encoding);
  return readBags(safeContents).map((bag) => {
    if (bag.type === oids.keyBag || bag.type === oids.certBag) throw new PfxError('pfx-unprotected');
    if (bag.type !== oids.pkcs8ShroudedKeyBag) throw unsupportedBag(bag);
    return { ...readEncryptedKey(bag.value, rules), bag };
  });
}

/** EncryptedPrivateKeyInfo (RFC 5208 section 6). */
function readEncryptedKey(value: Element, rules: ReadingRules): Encrypted {
  const fields = new Fields(value, tags.sequence);
  const encryption = readEncryption(fields.take(tags.sequence), rules);
  const bytes = octets(fields.take(tags.octetString));
  fields.end();
  return { encryption, bytes };
}

/** EncryptedData (RFC 5652 section 8) of SafeContents. */
function readEncryptedSafe(content: Element, rules: ReadingRules): Encrypted {
  const fields = new Fields(content, tags.sequence);
  if (natural(fields.take(tags.integer)) !== 0) {
    throw new PfxError('pfx-unsupported', { why: 'the file has attributes beside encrypted content' });
  }
  const info = new Fields(fields.take(tags.sequence), tags.sequence);
  fields.end();
  if (oidText(info.take(tags.oid)) !== oids.data) {
    throw new PfxError('pfx-unsupported', { why: 'the file has encrypted content that is not data' });
  }
  const encryption = readEncryption(info.take(tags.sequence), rules);
  const encrypted = info.optional(tags.context0Primitive) ?? info.take(tags.context0);
  info.end();
  return { encryption, bytes: octets(encrypted, tags.context0Primitive) };
}

/** The refusal of a bag that is neither a shrouded key nor a certificate, or stands in the wrong place. */
export function unsupportedBag({ type }: Bag): PfxError {
  return new PfxError('pfx-unsupported', { why: `the file has a bag of type ${type} where none may be` });
}
