import { X509Certificate } from 'node:crypto';
import { InputError, PfxError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import { carriesPublicKey } from './private-key.ts';
import { isSignedBy, publicKeyOf } from './public-keys.ts';

const mostCertificates = 16;

/** DER certificates, the one of the private key first. */
export type Chain = [Uint8Array, ...Uint8Array[]];

/**
 * Puts certificates into the order of a chain: the one of the private key first, each followed by its issuer, then
 * those that issued none of them.
 * @param certificates DER, X.509, in any order
 * @returns DER, each once
 * @throws InputError `invalid-input` for none, more than 16, one twice, or one that is no plain DER certificate
 * @throws PfxError `pfx-key-mismatch` if none is of the private key; `pfx-unsupported`, `pfx-malformed` for other keys
 */
export function chainOf(privateKey: Secret, certificates: readonly Uint8Array[]): Chain {
  const parsed = certificates.map(parseCertificate);
  if (parsed.length < 1 || parsed.length > mostCertificates) {
    throw invalid(`must be 1 to ${mostCertificates} certificates`);
  }
  if (new Set(parsed.map(({ fingerprint256 }) => fingerprint256)).size < parsed.length) {
    throw invalid('has the same certificate twice');
  }
  const leaf = parsed.find((certificate) => {
    const publicKey = publicKeyOf(certificate);
    return publicKey !== undefined && carriesPublicKey(privateKey, publicKey);
  });
  if (leaf === undefined) throw new PfxError('pfx-key-mismatch');
  const [, ...issuers] = inOrder(leaf, parsed).map(({ raw }) => raw);
  return [leaf.raw, ...issuers];
}

function inOrder(leaf: X509Certificate, all: readonly X509Certificate[]): X509Certificate[] {
  const chain = [leaf];
  const left = new Set(all.filter((certificate) => certificate !== leaf));
  for (let last = leaf; ; ) {
    // Two authorities may have one name.
    const issuer = [...left].find((other) => last.checkIssued(other) && isSignedBy(last, other));
    if (issuer === undefined) return [...chain, ...left];
    left.delete(issuer);
    chain.push(issuer);
    last = issuer;
  }
}

function parseCertificate(bytes: Uint8Array): X509Certificate {
  try {
    const certificate = new X509Certificate(bytes);
    if (certificate.raw.equals(bytes)) return certificate;
  } catch (cause) {
    throw new InputError('invalid-input', {
      field: 'certificates',
      why: 'has one that cannot be read',
      cause,
    });
  }
  throw invalid('has one that is not plain DER');
}

function invalid(why: string): InputError {
  return new InputError('invalid-input', { field: 'certificates', why });
}
