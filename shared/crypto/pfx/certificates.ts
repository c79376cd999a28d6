import { type KeyObject, X509Certificate } from 'node:crypto';
import { PfxError } from '#domain/errors.ts';
import type { Names } from './bags.ts';
import { parseElement } from './ber.ts';
import { isCertificateOf } from './public-keys.ts';

/** A certificate, and what its bag is called by. */
export interface NamedCertificate extends Names {
  certificate: X509Certificate;
}

/** @throws PfxError `pfx-malformed` for what is no certificate, or not DER to its last byte */
export function readCertificate(bytes: Uint8Array): X509Certificate {
  parseElement(bytes, 'DER');
  try {
    return new X509Certificate(bytes);
  } catch (cause) {
    throw new PfxError('pfx-malformed', { why: 'the file has a certificate that cannot be read', cause });
  }
}

/** The certificate that belongs to a private key: of several that carry its public key, the one that is named like it. */
export function certificateOfKey<T extends NamedCertificate>(
  certificates: readonly T[],
  publicKey: KeyObject,
  { localKeyId }: Names,
): T | undefined {
  const its = certificates.filter(({ certificate }) => isCertificateOf(certificate, publicKey));
  return its.find((candidate) => sameId(candidate.localKeyId, localKeyId)) ?? its[0];
}

function sameId(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
}
