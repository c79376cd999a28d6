import type { X509Certificate } from 'node:crypto';
import { isSignedBy } from '#crypto/pfx/public-keys.ts';
import { isPlaceholder } from '#crypto/placeholder-certificate.ts';

/** A certificate of a PFX. */
export interface CertificateFacts {
  kind: 'placeholder' | 'issued';
  /** On one line, as in `C=US, O=Example, CN=Zoë`; text of others, with whatever it may hold. */
  subject: string;
  issuer: string;
  /** Its issuer is itself: a root, or one that no CA has issued. */
  selfSigned: boolean;
  /** ISO 8601; null where the certificate says no time. */
  notBefore: string | null;
  notAfter: string | null;
  validity: 'valid' | 'expired' | 'not yet' | 'unknown';
  /** From now to the end, rounded down; negative once it has passed. */
  daysLeft: number | null;
  /** Of its DER, hex. */
  sha256: string;
  /** Whether a private key of the file is its own. */
  hasKey: boolean;
}

const dayMs = 86_400_000;

/** What a person should know of a certificate. @param now the time that its validity is judged at */
export function certificateFacts(certificate: X509Certificate, hasKey: boolean, now: Date): CertificateFacts {
  const { validFromDate, validToDate } = certificate;
  return {
    kind: isPlaceholder(certificate.raw) ? 'placeholder' : 'issued',
    subject: onOneLine(certificate.subject),
    issuer: onOneLine(certificate.issuer),
    selfSigned: isSelfSigned(certificate),
    notBefore: moment(validFromDate),
    notAfter: moment(validToDate),
    validity: validityOf(validFromDate, validToDate, now),
    daysLeft: isMoment(validToDate) ? Math.floor((validToDate.getTime() - now.getTime()) / dayMs) : null,
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    hasKey,
  };
}

/** Node writes one attribute a line; an empty name is undefined. */
function onOneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ');
}

/** By name and signature: `checkIssued` asks for the right to sign certificates, too, which a placeholder has not. */
function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && isSignedBy(certificate, certificate);
}

function validityOf(from: Date, to: Date, now: Date): CertificateFacts['validity'] {
  if (!isMoment(from) || !isMoment(to)) return 'unknown';
  if (to < now) return 'expired';
  return from > now ? 'not yet' : 'valid';
}

/** A certificate may say a time that is none. */
function isMoment(date: Date): boolean {
  return !Number.isNaN(date.getTime());
}

function moment(date: Date): string | null {
  return isMoment(date) ? date.toISOString() : null;
}

/** How the certificates beside a key's own go together. */
export interface ChainFacts {
  /** Whether each issuer stands behind what it issued. */
  inOrder: boolean;
  /** Whether it ends with a certificate that signed itself. */
  complete: boolean;
  /** The issuer that is missing, where it is not complete. */
  missing: string | null;
  /** How many certificates are no part of it. */
  unrelated: number;
}

/** A signature under a crafted key takes some milliseconds to verify, and a file may give many issuers one name. */
const mostSignaturesTried = 64;

/** Follows the issuers of a certificate. @param certificates the leaf first, the others as they stand in the file */
export function chainFacts([leaf, ...others]: readonly X509Certificate[]): ChainFacts | null {
  if (leaf === undefined) return null;
  const places: number[] = [];
  let triesLeft = mostSignaturesTried;
  let last = leaf;
  for (;;) {
    // Two authorities may have one name, as when one was set up anew.
    const place = others.findIndex(
      (each, at) =>
        !places.includes(at) && last.checkIssued(each) && triesLeft-- > 0 && isSignedBy(last, each),
    );
    const issuer = others[place];
    if (issuer === undefined || isSelfSigned(last)) break;
    places.push(place);
    last = issuer;
  }
  const complete = isSelfSigned(last);
  return {
    inOrder: places.every((place, at) => at === 0 || place > (places[at - 1] ?? 0)),
    complete,
    missing: complete ? null : onOneLine(last.issuer),
    unrelated: others.length - places.length,
  };
}
