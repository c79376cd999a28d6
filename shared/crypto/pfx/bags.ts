import { PfxError } from '#domain/errors.ts';
import { oids } from '../oids.ts';
import { type Element, Fields, octets, oidText, onlyElement, tags } from './ber.ts';
import { type Encrypted, readEncryptedKey } from './encryption.ts';
import type { ReadingRules } from './parameters.ts';

/** What a bag is called by. */
export interface Names {
  friendlyName?: string;
  localKeyId?: Uint8Array;
}

/** What a SafeBag (RFC 7292 section 4.2) holds. */
export type Bag = Names &
  (
    | { kind: 'shrouded key'; encrypted: Encrypted }
    /** PKCS#8 PrivateKeyInfo, DER or BER */
    | { kind: 'clear key'; bytes: Uint8Array }
    /** X.509 */
    | { kind: 'certificate'; bytes: Uint8Array }
    /** Something that no backup holds. */
    | { kind: 'other'; what: string }
  );

const longestLocalKeyId = 256;
const deepestNest = 4;
const mostBags = 64;
const mostAttributes = 16;

const others = new Map<string, string>([
  [oids.crlBag, 'a revocation list'],
  [oids.secretBag, 'a secret'],
]);

/**
 * Reads SafeContents: its bags, those of containers within it too, and of their attributes the two that matter (RFC
 * 2985 sections 5.5.1 and 5.5.2). What a shrouded key costs to open is charged here.
 * @throws PfxError `pfx-malformed`, `pfx-too-large`, `pfx-unsafe-parameters`, `pfx-costly`; `pfx-foreign-content` for a
 *   container within a strict file's
 */
export function readBags(safeContents: Element, rules: ReadingRules): Bag[] {
  const bags = bagsOf(safeContents, rules, 0);
  if (bags.length > mostBags) throw new PfxError('pfx-too-large');
  return bags;
}

function bagsOf(safeContents: Element, rules: ReadingRules, depth: number): Bag[] {
  if (depth > deepestNest) throw new PfxError('pfx-too-large');
  return new Fields(safeContents, tags.sequence)
    .rest(tags.sequence)
    .flatMap((element) => readBag(element, rules, depth));
}

function readBag(element: Element, rules: ReadingRules, depth: number): Bag[] {
  const fields = new Fields(element, tags.sequence);
  const type = oidText(fields.take(tags.oid));
  const value = onlyElement(fields.take(tags.context0));
  const attributes = fields.optional(tags.set);
  fields.end();
  const names = attributes === undefined ? {} : readNames(attributes);
  if (type === oids.safeContentsBag) {
    if (rules.strict) throw foreignContent('a container within a container');
    return bagsOf(value, rules, depth + 1);
  }
  return [{ ...names, ...readValue(type, value, rules) }];
}

function readValue(type: string, value: Element, rules: ReadingRules): Bag {
  switch (type) {
    case oids.pkcs8ShroudedKeyBag:
      return { kind: 'shrouded key', encrypted: readEncryptedKey(value, rules) };
    case oids.keyBag:
      return { kind: 'clear key', bytes: value.whole };
    case oids.certBag:
      return readCertificateBag(value);
    default:
      return { kind: 'other', what: others.get(type) ?? `a bag of type ${type}` };
  }
}

/** CertBag (RFC 7292 section 4.2.3). */
function readCertificateBag(value: Element): Bag {
  const fields = new Fields(value, tags.sequence);
  const type = oidText(fields.take(tags.oid));
  const wrapped = onlyElement(fields.take(tags.context0));
  fields.end();
  if (type !== oids.x509Certificate) return { kind: 'other', what: 'a certificate that is not X.509' };
  return { kind: 'certificate', bytes: octets(wrapped) };
}

function readNames(attributes: Element): Names {
  const names: Names = {};
  for (const { oid, values } of readAttributes(attributes)) {
    if (oid === oids.friendlyName) names.friendlyName = readFriendlyName(values);
    if (oid === oids.localKeyId) names.localKeyId = readLocalKeyId(values);
  }
  return names;
}

function readAttributes(attributes: Element): { oid: string; values: Element }[] {
  const read = new Fields(attributes, tags.set).rest(tags.sequence).map((attribute) => {
    const fields = new Fields(attribute, tags.sequence);
    const oid = oidText(fields.take(tags.oid));
    const values = fields.take(tags.set);
    fields.end();
    return { oid, values };
  });
  if (read.length > mostAttributes) throw new PfxError('pfx-too-large');
  if (new Set(read.map(({ oid }) => oid)).size < read.length) {
    throw new PfxError('pfx-malformed', { why: 'the file has an attribute twice' });
  }
  return read;
}

/** A BMPString; programs write characters beyond the BMP as surrogates, and only whole pairs of them are text. */
function readFriendlyName(values: Element): string {
  const { tag, content } = onlyElement(values);
  const name = content.length % 2 === 0 ? Buffer.from(content).swap16().toString('utf16le') : undefined;
  if (tag !== tags.bmpString || name?.isWellFormed() !== true) {
    throw new PfxError('pfx-malformed', { why: 'the file has a friendly name that is no BMPString' });
  }
  return name;
}

function readLocalKeyId(values: Element): Uint8Array {
  const localKeyId = octets(onlyElement(values));
  if (localKeyId.length > longestLocalKeyId) throw new PfxError('pfx-too-large');
  return localKeyId;
}

/** The refusal of what no backup holds. @param what as in `a secret` */
export function foreignContent(what: string): PfxError {
  return new PfxError('pfx-foreign-content', { why: `the file holds ${what}` });
}
