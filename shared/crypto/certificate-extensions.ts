import { createHash } from 'node:crypto';
import { type KeySpec, keySpecs } from '#domain/key-spec.ts';
import type { Purpose } from '#domain/purpose.ts';
import { type Asn1Node, der, encodeDer } from './asn1.ts';
import { oids } from './oids.ts';

/** Named bits of KeyUsage (RFC 5280 section 4.2.1.3), as they stand in its first octet. */
const digitalSignature = 0x80;
const nonRepudiation = 0x40;
const keyEncipherment = 0x20;
const keyAgreement = 0x08;

/**
 * The critical key usage of a purpose, by the certificate profiles of the US Federal Common Policy: a certificate for
 * signatures asserts digitalSignature and nonRepudiation (authentication alone would assert the first only, but what is
 * enrolled here signs documents and mail too); one for encryption asserts keyEncipherment for RSA and keyAgreement for
 * EC, and never a signature bit. The CA has the last word on what it issues.
 */
export function keyUsage(purpose: Purpose, spec: KeySpec): Asn1Node {
  const encryption = keySpecs[spec].kind === 'rsa' ? keyEncipherment : keyAgreement;
  const bits = purpose === 'identity' ? digitalSignature | nonRepudiation : encryption;
  return extension(oids.keyUsage, true, namedBits(bits));
}

/** Not a CA: critical basicConstraints, where `cA` is left at its default of FALSE (RFC 5280 section 4.2.1.9). */
export function notCa(): Asn1Node {
  return extension(oids.basicConstraints, true, der.sequence());
}

/**
 * The mail address as subjectAltName, or undefined for one that rfc822Name cannot hold (RFC 5280 section 4.2.1.6): an
 * internationalised one would need SmtpUTF8Mailbox (RFC 9598), which too many CAs do not read yet; they take the
 * address from their own form then.
 */
export function mailAddress(email: string): Asn1Node | undefined {
  if (!/^[\x21-\x7e]+@[\x21-\x7e]+$/.test(email)) return undefined;
  const rfc822Name = der.contextPrimitive(1, new TextEncoder().encode(email));
  return extension(oids.subjectAltName, false, der.sequence(rfc822Name));
}

/**
 * The key identifier of a public key: the SHA-256 of its SubjectPublicKeyInfo (RFC 7093 section 2, method 4), so that a
 * certificate viewer shows the `spkiSha256` of our receipts; and SHA-1 may be switched off.
 * @param publicKeyDer DER SubjectPublicKeyInfo
 */
export function subjectKeyIdentifier(publicKeyDer: Uint8Array): Asn1Node {
  const identifier = createHash('sha256').update(publicKeyDer).digest();
  return extension(oids.subjectKeyIdentifier, false, der.octetString(identifier));
}

function extension(type: string, critical: boolean, value: Asn1Node): Asn1Node {
  // DER leaves a default out, and FALSE is the default of `critical`.
  const marks = critical ? [der.boolean(true)] : [];
  return der.sequence(der.oid(type), ...marks, der.octetString(encodeDer(value)));
}

/** DER of a named bit list ends at its last one bit (X.690 section 11.2.2). */
function namedBits(bits: number): Asn1Node {
  const unused = Math.log2(bits & -bits);
  return der.bitString(Uint8Array.of(bits), unused);
}
