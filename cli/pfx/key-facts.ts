import {
  createPrivateKey,
  type KeyObject,
  randomBytes,
  sign,
  verify,
  type X509Certificate,
} from 'node:crypto';
import type { FoundKey } from '#crypto/pfx/inspect.ts';
import { keySpecOfObject, spkiSha256 } from '#crypto/public-key.ts';
import type { KeySpec } from '#domain/key-spec.ts';
import type { Secret } from '#domain/secret.ts';

/** A private key of a PFX, as far as a person may know it. */
export interface KeyFacts {
  /** Null for one that this service does not make. */
  spec: KeySpec | null;
  /** For people, as in `RSA of 1024 bits`; null for one that was not tried. */
  kind: string | null;
  /** Hex; null for one that was not tried. */
  spkiSha256: string | null;
  friendlyName: string | null;
  /** `not tried`: neither RSA of two primes nor EC on a curve that this service knows. */
  state: 'works' | 'damaged' | 'not tried';
  /** Where in the list of certificates its own stands; null if none is its own. */
  certificate: number | null;
}

/** Tries a private key: it signs, and its public half verifies. Nothing is kept of it. */
export function keyFacts(found: FoundKey, certificates: readonly X509Certificate[]): KeyFacts {
  const { privateKey, publicKey, certificate, friendlyName = null } = found;
  const state =
    found.state === 'whole' && publicKey !== undefined ? tried(privateKey, publicKey) : found.state;
  const place = certificate === undefined ? -1 : certificates.indexOf(certificate);
  return {
    spec: (publicKey && keySpecOfObject(publicKey)) ?? null,
    kind: publicKey === undefined ? null : kindOf(publicKey),
    spkiSha256:
      publicKey === undefined ? null : spkiSha256(publicKey.export({ format: 'der', type: 'spki' })),
    friendlyName,
    state: state === 'not tried' ? state : state === 'works' ? 'works' : 'damaged',
    certificate: place === -1 ? null : place,
  };
}

function tried(privateKey: Secret, publicKey: KeyObject): 'works' | 'damaged' {
  const { buffer, byteOffset, byteLength } = privateKey.bytes();
  const message = randomBytes(32);
  try {
    const key = createPrivateKey({
      key: Buffer.from(buffer, byteOffset, byteLength),
      format: 'der',
      type: 'pkcs8',
    });
    return verify(null, message, publicKey, sign(null, message, key)) ? 'works' : 'damaged';
  } catch {
    // OpenSSL refuses to use some keys that it has read.
    return 'damaged';
  }
}

function kindOf(publicKey: KeyObject): string {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  return modulusLength === undefined ? `EC on ${namedCurve}` : `RSA of ${modulusLength} bits`;
}
