import { createHash } from 'node:crypto';
import { type Asn1Node, der, encodeDer } from '../asn1.ts';
import { oids } from '../oids.ts';

/** ContentInfo of data (RFC 5652 sections 3 and 4). */
export function dataContent(content: Uint8Array): Asn1Node {
  return der.sequence(der.oid(oids.data), der.context(0, der.octetString(content)));
}

/**
 * ContentInfo of EncryptedData (RFC 5652 section 8).
 * @param identifier the encryption's AlgorithmIdentifier
 */
export function encryptedSafe(identifier: Asn1Node, encrypted: Uint8Array): Asn1Node {
  const info = der.sequence(der.oid(oids.data), identifier, der.contextPrimitive(0, encrypted));
  return der.sequence(der.oid(oids.encryptedData), der.context(0, der.sequence(der.integer(0), info)));
}

/** SafeContents with the one PKCS8ShroudedKeyBag (RFC 7292 section 4.2.2). */
export function keySafe(identifier: Asn1Node, encrypted: Uint8Array, attributes: Asn1Node): Asn1Node {
  const shrouded = der.sequence(identifier, der.octetString(encrypted));
  const bag = der.sequence(der.oid(oids.pkcs8ShroudedKeyBag), der.context(0, shrouded), attributes);
  return dataContent(encodeDer(der.sequence(bag)));
}

/** SafeContents with a CertBag for each certificate (RFC 7292 section 4.2.3); the first has the key's attributes. */
export function certificateBags(certificates: readonly Uint8Array[], attributes: Asn1Node): Uint8Array {
  const bags = certificates.map((certificate, i) => {
    const wrapped = der.context(0, der.octetString(certificate));
    const value = der.sequence(der.oid(oids.x509Certificate), wrapped);
    return der.sequence(der.oid(oids.certBag), der.context(0, value), ...(i === 0 ? [attributes] : []));
  });
  return encodeDer(der.sequence(...bags));
}

/**
 * What key and leaf share: the name that people see, and the localKeyID that programs pair them by. Its value is free;
 * the SHA-1 of the certificate is what OpenSSL, NSS and Windows write, and so what every reader has met.
 */
export function bagAttributes(leaf: Uint8Array, friendlyName: string): Asn1Node {
  const name = attribute(oids.friendlyName, der.bmpString(friendlyName));
  const id = attribute(oids.localKeyId, der.octetString(createHash('sha1').update(leaf).digest()));
  // DER orders the elements of a set by their encodings (X.690 section 11.6).
  const inOrder = Buffer.compare(encodeDer(name), encodeDer(id)) < 0 ? [name, id] : [id, name];
  return der.set(...inOrder);
}

function attribute(oid: string, value: Asn1Node): Asn1Node {
  return der.sequence(der.oid(oid), der.set(value));
}
