import { randomBytes, X509Certificate } from 'node:crypto';
import type { Purpose } from '#domain/purpose.ts';
import { type Asn1Node, der } from './asn1.ts';
import { keyUsage, notCa, subjectKeyIdentifier } from './certificate-extensions.ts';
import { distinguishedName, longestAttribute, type SubjectName } from './distinguished-name.ts';
import { signatureAlgorithm, signStructure, specToCertify } from './signed-structure.ts';
import type { Signer } from './signer.ts';

/** How the organizational unit begins that says what it is, to people and to `isPlaceholder`. */
const placeholderUnit = 'PLACEHOLDER - not issued by a CA';
/** In front of the name, since certificate lists show little else. */
const placeholderMark = 'PLACEHOLDER ';
const daysDefault = 30;
/** A reader whose clock is a little behind takes it too. */
const backDatedMs = 5 * 60_000;
const dayMs = 86_400_000;

export interface Placeholder {
  subject: SubjectName;
  /** Names the key pair, as in `caUserCert_keyPair`; stands beside the mark. */
  label: string;
  purpose: Purpose;
  /** DER SubjectPublicKeyInfo */
  publicKey: Uint8Array;
  /** Signs with the private half of `publicKey`. */
  signer: Signer;
  now: Date;
  /** How long it is valid; 30 unless told. An expired one still imports. */
  days?: number;
}

/**
 * The self-signed certificate that makes a PFX of a pending key importable. Visibly no certificate of a CA: its subject
 * says so twice, it is CA:FALSE, has the key usage of the purpose and no extended one, and is short-lived.
 * (TLS 1.3 in OpenSSL signs with a key whose usage is keyEncipherment or keyAgreement alone, so the proof by handshake
 * needs no signature bit here.)
 * @returns DER, X.509 v3 (RFC 5280 section 4.1)
 * @throws InputError `invalid-input` for a subject that a name cannot hold
 * @throws ProofError `proof-failed` if the signer is not of the public key. Errors of the signer pass unchanged.
 */
export async function makePlaceholderCertificate(placeholder: Placeholder): Promise<Uint8Array> {
  const { publicKey, signer, now, days = daysDefault } = placeholder;
  const spec = specToCertify(publicKey, signer);
  const name = markedName(placeholder);
  const notBefore = new Date(now.getTime() - backDatedMs);
  const notAfter = new Date(now.getTime() + days * dayMs);
  const extensions = [notCa(), keyUsage(placeholder.purpose, spec), subjectKeyIdentifier(publicKey)];
  const tbsCertificate = der.sequence(
    der.context(0, der.integer(2)),
    serialNumber(),
    signatureAlgorithm(signer.algorithm),
    name,
    der.sequence(der.time(notBefore), der.time(notAfter)),
    name,
    der.raw(publicKey),
    der.context(3, der.sequence(...extensions)),
  );
  return signStructure(tbsCertificate, publicKey, signer);
}

/**
 * Whether a certificate is a placeholder: marked as one in its subject, and signed by its own key, which no issued
 * certificate is. Anything that is no certificate is none.
 * @param certificateDer DER, X.509
 */
export function isPlaceholder(certificateDer: Uint8Array): boolean {
  try {
    const certificate = new X509Certificate(certificateDer);
    // Not by `toLegacyObject`: Node 24.21 ends with a segmentation fault in it where the public key cannot be decoded.
    const names = certificate.subject.split('\n');
    const marked = names.some((name) => name.startsWith(`OU=${placeholderUnit}`));
    return marked && certificate.verify(certificate.publicKey);
  } catch {
    return false;
  }
}

function markedName({ subject, label }: Placeholder): Asn1Node {
  const marked = `${placeholderMark}${subject.commonName}`;
  return distinguishedName({
    ...subject,
    organizationalUnitName: `${placeholderUnit} (${label})`,
    commonName: [...marked].slice(0, longestAttribute).join(''),
  });
}

/** 128 random bits, positive (RFC 5280 section 4.1.2.2): no two certificates of one issuer name share one. */
function serialNumber(): Asn1Node {
  return der.unsignedInteger(randomBytes(16));
}
