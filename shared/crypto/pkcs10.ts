import type { Purpose } from '#domain/purpose.ts';
import { type Asn1Node, decodeDer, der, encodeDer } from './asn1.ts';
import { keyUsage, mailAddress } from './certificate-extensions.ts';
import { distinguishedName, type SubjectName } from './distinguished-name.ts';
import { oids } from './oids.ts';
import { signStructure, specToCertify } from './signed-structure.ts';
import type { Signer } from './signer.ts';

/** What a certificate is requested for. */
export interface CertificateRequest {
  subject: SubjectName;
  /** Goes into the subjectAltName if it is ASCII; an internationalised address stays out. */
  email: string;
  purpose: Purpose;
  /** DER SubjectPublicKeyInfo */
  publicKey: Uint8Array;
  /** Signs with the private half of `publicKey`: the proof of possession. */
  signer: Signer;
}

/**
 * A PKCS#10 certification request (RFC 2986) that asks for its extensions (RFC 2985 section 5.4.2): a critical key usage
 * by purpose, and the mail address.
 * @returns DER
 * @throws InputError `invalid-input` for a subject that a name cannot hold
 * @throws ProofError `proof-failed` if the signer is not of the public key. Errors of the signer pass unchanged.
 */
export async function makeCsr(request: CertificateRequest): Promise<Uint8Array> {
  const { subject, email, purpose, publicKey, signer } = request;
  const extensions = [keyUsage(purpose, specToCertify(publicKey, signer)), mailAddress(email)];
  const extensionRequest = der.sequence(
    der.oid(oids.extensionRequest),
    der.set(der.sequence(...extensions.filter((extension) => extension !== undefined))),
  );
  const certificationRequestInfo = der.sequence(
    der.integer(0),
    distinguishedName(subject),
    der.raw(publicKey),
    der.context(0, extensionRequest),
  );
  return signStructure(certificationRequestInfo, publicKey, signer);
}

/**
 * Textual encoding (RFC 7468): Base64 in lines of 64 characters.
 * @param label `CERTIFICATE REQUEST`, `CERTIFICATE`
 * @returns ASCII text with a newline at its end
 */
export function toPem(label: string, derBytes: Uint8Array): string {
  const lines =
    Buffer.from(derBytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** The DER that `toPem` wrote. */
export function fromPem(pem: string): Uint8Array {
  return new Uint8Array(Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64'));
}

/**
 * The public key that a request is for, as it stands there; nothing is verified.
 * @returns DER SubjectPublicKeyInfo; undefined if it is no certification request
 */
export function csrPublicKey(csr: Uint8Array): Uint8Array | undefined {
  try {
    const [info] = childrenOf(decodeDer(csr));
    const [, , publicKey] = childrenOf(info);
    return publicKey === undefined ? undefined : encodeDer(publicKey);
  } catch {
    // Of the parser's own: what cannot be parsed is none.
    return undefined;
  }
}

function childrenOf(node: Asn1Node | undefined): Asn1Node[] {
  return Array.isArray(node?.value) ? node.value : [];
}
