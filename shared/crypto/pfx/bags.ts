import { PfxError } from '#domain/errors.ts';
import { oids } from '../oids.ts';
import { type Element, Fields, octets, oidText, onlyElement, tags } from './ber.ts';

/** A SafeBag (RFC 7292 section 4.2). */
export interface Bag {
  /** The bag type's object identifier. */
  type: string;
  value: Element;
  friendlyName?: string;
  localKeyId?: Uint8Array;
}

const longestLocalKeyId = 256;

/**
 * Reads SafeContents: its bags, and of their attributes the two that matter (RFC 2985 sections 5.5.1 and 5.5.2).
 * @throws PfxError `pfx-malformed`, `pfx-too-large`
 */
export function readBags(safeContents: Element): Bag[] {
  return new Fields(safeContents, tags.sequence).rest(tags.sequence).map(readBag);
}

function readBag(element: Element): Bag {
  const fields = new Fields(element, tags.sequence);
  const type = oidText(fields.take(tags.oid));
  const value = onlyElement(fields.take(tags.context0));
  const attributes = fields.optional(tags.set);
  fields.end();
  const bag: Bag = { type, value };
  for (const attribute of attributes === undefined ? [] : readAttributes(attributes)) {
    if (attribute.oid === oids.friendlyName) bag.friendlyName = readFriendlyName(attribute.values);
    if (attribute.oid === oids.localKeyId) bag.localKeyId = readLocalKeyId(attribute.values);
  }
  return bag;
}

function readAttributes(attributes: Element): { oid: string; values: Element }[] {
  const read = new Fields(attributes, tags.set).rest(tags.sequence).map((attribute) => {
    const fields = new Fields(attribute, tags.sequence);
    const oid = oidText(fields.take(tags.oid));
    const values = fields.take(tags.set);
    fields.end();
    return { oid, values };
  });
  if (new Set(read.map(({ oid }) => oid)).size < read.length) {
    throw new PfxError('pfx-malformed', { why: 'the file has an attribute twice' });
  }
  return read;
}

function readFriendlyName(values: Element): string {
  const { tag, content } = onlyElement(values);
  if (tag !== tags.bmpString || content.length % 2 !== 0) {
    throw new PfxError('pfx-malformed', { why: 'the file has a friendly name that is no BMPString' });
  }
  return Buffer.from(content).swap16().toString('utf16le');
}

function readLocalKeyId(values: Element): Uint8Array {
  const localKeyId = octets(onlyElement(values));
  if (localKeyId.length > longestLocalKeyId) throw new PfxError('pfx-too-large');
  return localKeyId;
}

/**
 * The certificate of a CertBag (RFC 7292 section 4.2.3).
 * @returns DER, X.509
 * @throws PfxError `pfx-malformed`, `pfx-unsupported` for other kinds of certificate
 */
export function readCertificateBag(value: Element): Uint8Array {
  const fields = new Fields(value, tags.sequence);
  if (oidText(fields.take(tags.oid)) !== oids.x509Certificate) {
    throw new PfxError('pfx-unsupported', { why: 'the file has a certificate that is not X.509' });
  }
  const wrapped = onlyElement(fields.take(tags.context0));
  fields.end();
  return octets(wrapped);
}
