import { InputError } from '#domain/errors.ts';
import type { PfxProfile } from '#domain/pfx-profile.ts';
import type { Secret } from '#domain/secret.ts';
import { der, encodeDer } from '../asn1.ts';
import { chainOf } from './chain.ts';
import { derivationsOf, deriveCipher, encrypt } from './cipher.ts';
import { PfxDerivations } from './derivations.ts';
import { bagAttributes, certificateBags, dataContent, encryptedSafe, keySafe } from './encode.ts';
import { macOver } from './mac.ts';
import { newEncryption, newMac } from './new-protection.ts';
import { checkPfxPassword } from './password.ts';

/**
 * Iterations of each of the three derivations under a human's password. An attacker picks the cheapest, so all three have
 * the same; .NET refuses more than 300,000 each.
 */
export const humanIterations = 250_000;

/** Iterations under a random 256-bit passphrase: it cannot be guessed, so it needs no stretching. */
export const randomIterations = 2_048;

/**
 * Iterations of each derivation of a subscriber copy, by its profile. A compatible one always has a generated password: 118
 * random bits, which nobody guesses, need no stretching, and the old systems that it is for are slow, or limit the count.
 */
export const copyIterations: Readonly<Record<PfxProfile, number>> = {
  modern: humanIterations,
  compatible: randomIterations,
  pbmac1: humanIterations,
};

const mostIterations = 300_000;
const longestName = 255; // UTF-16 code units

export interface PfxToWrite {
  /** PKCS#8 PrivateKeyInfo, DER: RSA, or EC on a named curve. */
  privateKey: Secret;
  /** DER, X.509: the one of the private key and its issuers, in any order. */
  certificates: readonly Uint8Array[];
  /** Well-formed, 1 to 255 UTF-16 code units; characters beyond the BMP become surrogate pairs. */
  friendlyName: string;
  /** Printable ASCII, not empty. */
  password: Secret;
  /** Of each derivation: `humanIterations` or `randomIterations`; 1 to 300,000. */
  iterations: number;
  /** `modern` unless told. */
  profile?: PfxProfile;
  /** Remembers the derived keys, for reading back within the same invocation. */
  derivations?: PfxDerivations;
}

/**
 * Writes a PFX (RFC 7292) of a profile: private key and certificates encrypted, a MAC over both, each with a salt of its
 * own; the certificate of the private key first, then its issuers in their order. The derivations run at the same time,
 * off the event loop.
 * @returns DER
 * @throws InputError `password-not-ascii`; `invalid-input` for the other fields
 * @throws PfxError `pfx-unsupported` for other keys; `pfx-malformed` for one that is no PKCS#8; `pfx-key-mismatch` if no
 *   certificate is of the private key
 * @throws InternalError `internal` if a worker thread failed
 */
export async function writePfx(input: PfxToWrite): Promise<Uint8Array> {
  checkSettings(input);
  const { password, iterations, privateKey, profile = 'modern' } = input;
  const own = new PfxDerivations();
  const derivations = input.derivations ?? own;
  const [forKey, forCertificates] = [newEncryption(profile, iterations), newEncryption(profile, iterations)];
  const mac = newMac(profile, iterations);
  try {
    // A short PKCS12KDF runs on this thread, so the others are sent off before it.
    const ciphers = [forKey.cipher, forCertificates.cipher];
    for (const derivation of [...ciphers.flatMap(derivationsOf), mac.keyed.key]) {
      derivations.prepare(password, derivation);
    }
    const chain = chainOf(privateKey, input.certificates);
    const attributes = bagAttributes(chain[0], input.friendlyName);
    const certificateCipher = await deriveCipher(forCertificates.cipher, password, derivations);
    const certificates = encrypt(certificateCipher, certificateBags(chain, attributes));
    const keyCipher = await deriveCipher(forKey.cipher, password, derivations);
    const key = encrypt(keyCipher, privateKey.bytes());
    const safes = [
      encryptedSafe(forCertificates.identifier, certificates),
      keySafe(forKey.identifier, key, attributes),
    ];
    const authenticated = encodeDer(der.sequence(...safes));
    const value = await macOver(authenticated, mac.keyed, password, derivations);
    return encodeDer(der.sequence(der.integer(3), dataContent(authenticated), mac.macData(value)));
  } finally {
    own.erase();
  }
}

function checkSettings({ password, friendlyName, iterations }: PfxToWrite): void {
  checkPfxPassword(password);
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > mostIterations) {
    throw invalid('iterations', 'is not a whole number from 1 to 300,000');
  }
  if (!isFriendlyName(friendlyName)) {
    throw invalid('friendlyName', 'is empty, too long, or not well-formed text');
  }
}

/** Whether a text is what the writer takes for a friendly name. */
export function isFriendlyName(text: string): boolean {
  return text.length > 0 && text.length <= longestName && text.isWellFormed() && !text.includes('\0');
}

function invalid(field: string, why: string): InputError {
  return new InputError('invalid-input', { field, why });
}
