import { PfxError } from '#domain/errors.ts';
import { oids } from '../oids.ts';
import { type Bag, readBags } from './bags.ts';
import {
  type Element,
  type Encoding,
  Fields,
  natural,
  octets,
  oidText,
  onlyElement,
  parseElement,
  tags,
} from './ber.ts';
import { type Encrypted, encryptedBy, readEncryption } from './encryption.ts';
import { type Mac, readMac } from './mac.ts';
import type { ReadingRules } from './parameters.ts';

/** One ContentInfo of the AuthenticatedSafe (RFC 7292 section 4.1). */
export type Safe =
  | { kind: 'clear'; bags: Bag[] }
  | { kind: 'encrypted'; encrypted: Encrypted }
  /** Encrypted to somebody's certificate: public-key privacy mode */
  | { kind: 'enveloped' };

/** A PFX as it stands before the password is used: everything that can be seen of it, and nothing derived. */
export interface PfxStructure {
  encoding: Encoding;
  integrity: Mac | 'none' | 'signature';
  /** What the MAC is over. */
  authenticated: Uint8Array;
  /** None of a file with a signature: what it holds is not read. */
  safes: Safe[];
}

const largestFile = 1_048_576;
const mostSafes = 8;

/**
 * Reads the structure of a PFX (RFC 7292 section 4) without its password. Each iteration count is charged to the budget as
 * it is met, before anything is derived; those of keys inside an encrypted part cannot be seen here.
 * @throws PfxError `pfx-malformed`, `pfx-too-large`, `pfx-unsafe-parameters`, `pfx-costly`, `pfx-foreign-content` for
 *   content of unknown types, `pfx-unsupported` for another version than 3
 */
export function readStructure(bytes: Uint8Array, encoding: Encoding, rules: ReadingRules): PfxStructure {
  if (bytes.length > largestFile) throw new PfxError('pfx-too-large');
  const fields = new Fields(parseElement(bytes, encoding), tags.sequence);
  if (natural(fields.take(tags.integer)) !== 3) {
    throw new PfxError('pfx-unsupported', { why: 'the file is not of PFX version 3' });
  }
  const { type, content } = readContentInfo(fields.take(tags.sequence));
  const macData = fields.optional(tags.sequence);
  fields.end();
  if (type === oids.signedData) {
    return { encoding, integrity: 'signature', authenticated: new Uint8Array(), safes: [] };
  }
  if (type !== oids.data) throw unknownContent(type);
  const integrity = macData === undefined ? 'none' : readMac(macData, rules);
  const authenticated = octets(content);
  return { encoding, integrity, authenticated, safes: readSafes(authenticated, encoding, rules) };
}

function readSafes(authenticated: Uint8Array, encoding: Encoding, rules: ReadingRules): Safe[] {
  const safes = new Fields(parseElement(authenticated, encoding), tags.sequence).rest(tags.sequence);
  if (safes.length > mostSafes) throw new PfxError('pfx-too-large');
  return safes.map((safe) => readSafe(safe, rules));
}

function readSafe(element: Element, rules: ReadingRules): Safe {
  const { type, content } = readContentInfo(element);
  switch (type) {
    case oids.data:
      return { kind: 'clear', bags: readBags(parseElement(octets(content), content.encoding), rules) };
    case oids.encryptedData:
      return { kind: 'encrypted', encrypted: readEncryptedData(content, rules) };
    case oids.envelopedData:
      return { kind: 'enveloped' };
    default:
      throw unknownContent(type);
  }
}

/** ContentInfo (RFC 5652 section 3). */
function readContentInfo(element: Element): { type: string; content: Element } {
  const fields = new Fields(element, tags.sequence);
  const type = oidText(fields.take(tags.oid));
  const content = onlyElement(fields.take(tags.context0));
  fields.end();
  return { type, content };
}

/** EncryptedData (RFC 5652 section 8) of SafeContents. */
function readEncryptedData(content: Element, rules: ReadingRules): Encrypted {
  const fields = new Fields(content, tags.sequence);
  if (natural(fields.take(tags.integer)) !== 0) {
    throw new PfxError('pfx-unsupported', { why: 'the file has attributes beside encrypted content' });
  }
  const info = new Fields(fields.take(tags.sequence), tags.sequence);
  fields.end();
  const type = oidText(info.take(tags.oid));
  if (type !== oids.data) throw unknownContent(type);
  const encryption = readEncryption(info.take(tags.sequence), rules);
  const encrypted = info.optional(tags.context0Primitive) ?? info.take(tags.context0);
  info.end();
  return encryptedBy(encryption, octets(encrypted, tags.context0Primitive), rules);
}

function unknownContent(type: string): PfxError {
  return new PfxError('pfx-foreign-content', { why: `the file has content of type ${type}` });
}
