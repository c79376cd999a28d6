import { createCipheriv, createHmac, randomBytes, X509Certificate } from 'node:crypto';
import { InputError, PfxError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import { der, encodeDer } from '../asn1.ts';
import { type KeyDerivation, PfxDerivations } from './derivations.ts';
import {
  bagAttributes,
  certificateBags,
  dataContent,
  encryptedSafe,
  keySafe,
  macData,
  type NewEncryption,
} from './encode.ts';
import { checkPfxPassword } from './password.ts';
import { carriesPublicKey } from './private-key.ts';

/**
 * Iterations of each of the three derivations under a human's password. An attacker picks the cheapest, so all three have
 * the same; .NET refuses more than 300,000 each.
 */
export const humanIterations = 250_000;

/** Iterations under a random 256-bit passphrase: it cannot be guessed, so it needs no stretching. */
export const randomIterations = 2_048;

const mostIterations = 300_000;
const mostCertificates = 16;
const longestName = 255; // UTF-16 code units
const saltLength = 16;
const aesBlock = 16;
const keyLength = 32;

export interface PfxToWrite {
  /** PKCS#8 PrivateKeyInfo, DER: RSA, or EC on a named curve. */
  privateKey: Secret;
  /** DER, X.509: the one of the private key first, then its issuers. */
  certificates: Uint8Array[];
  /** Well-formed, 1 to 255 UTF-16 code units; characters beyond the BMP become surrogate pairs. */
  friendlyName: string;
  /** Printable ASCII, not empty. */
  password: Secret;
  /** Of each derivation: `humanIterations` or `randomIterations`; 1 to 300,000. */
  iterations: number;
  /** Remembers the derived keys, for reading back within the same invocation. */
  derivations?: PfxDerivations;
}

/**
 * Writes a PFX (RFC 7292) of the profile `modern`: private key and certificates under PBES2 with PBKDF2-HMAC-SHA256 and
 * AES-256-CBC, and an HMAC-SHA256 MAC by PKCS12KDF, each with a salt of its own. The three derivations run at the same
 * time, off the event loop.
 * @returns DER
 * @throws InputError `password-not-ascii`; `invalid-input` for the other fields
 * @throws PfxError `pfx-unsupported` for other keys; `pfx-malformed` for one that is no PKCS#8; `pfx-key-mismatch` if the
 *   first certificate is not of the private key
 * @throws InternalError `internal` if a worker thread failed
 */
export async function writePfx(input: PfxToWrite): Promise<Uint8Array> {
  checkSettings(input);
  const { password, iterations, privateKey } = input;
  const own = new PfxDerivations();
  const derivations = input.derivations ?? own;
  const macOf = macDerivation(iterations);
  const [keyOf, certificatesOf] = [newEncryption(iterations), newEncryption(iterations)];
  try {
    // A short PKCS12KDF runs on this thread, so the others are sent off before it.
    const derived = Promise.all([
      derivations.derive(password, keyOf.derivation),
      derivations.derive(password, certificatesOf.derivation),
      derivations.derive(password, macOf),
    ]);
    const [leaf, [keyKey, certificatesKey, macKey]] = await Promise.all([leafOf(input), derived]);
    const attributes = bagAttributes(leaf, input.friendlyName);
    const key = encrypt(keyOf, keyKey, privateKey.bytes());
    const certificates = encrypt(
      certificatesOf,
      certificatesKey,
      certificateBags(input.certificates, attributes),
    );
    const safes = [encryptedSafe(certificatesOf, certificates), keySafe(keyOf, key, attributes)];
    const authenticated = encodeDer(der.sequence(...safes));
    const value = createHmac('sha256', macKey.bytes()).update(authenticated).digest();
    macKey.erase();
    return encodeDer(der.sequence(der.integer(3), dataContent(authenticated), macData(macOf, value)));
  } finally {
    own.erase();
  }
}

function checkSettings({ password, friendlyName, iterations }: PfxToWrite): void {
  checkPfxPassword(password);
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > mostIterations) {
    throw invalid('iterations', 'is not a whole number from 1 to 300,000');
  }
  if (!isName(friendlyName)) throw invalid('friendlyName', 'is empty, too long, or not well-formed text');
}

/**
 * Checks certificates and key, while other threads derive.
 * @returns the first certificate, which is of the private key
 */
async function leafOf({ certificates, privateKey }: PfxToWrite): Promise<Uint8Array> {
  const parsed = certificates.map(parseCertificate);
  const [leaf] = parsed;
  if (leaf === undefined || parsed.length > mostCertificates) {
    throw invalid('certificates', `must be 1 to ${mostCertificates} certificates`);
  }
  if (new Set(parsed.map(({ fingerprint256 }) => fingerprint256)).size < parsed.length) {
    throw invalid('certificates', 'has the same certificate twice');
  }
  if (!carriesPublicKey(privateKey, leaf.publicKey)) throw new PfxError('pfx-key-mismatch');
  return leaf.raw;
}

function isName(text: string): boolean {
  return text.length > 0 && text.length <= longestName && text.isWellFormed() && !text.includes('\0');
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
  throw invalid('certificates', 'has one that is not plain DER');
}

function newEncryption(iterations: number): NewEncryption {
  const salt = randomBytes(saltLength);
  return {
    derivation: { kdf: 'pbkdf2', digest: 'sha256', salt, iterations, keyLength },
    iv: randomBytes(aesBlock),
  };
}

function macDerivation(iterations: number): KeyDerivation {
  const salt = randomBytes(saltLength);
  return { kdf: 'pkcs12', digest: 'sha256', id: 3, salt, iterations, keyLength };
}

/** Encrypts, and erases the key. */
function encrypt({ iv }: NewEncryption, key: Secret, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-cbc', key.bytes(), iv);
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  key.erase();
  return encrypted;
}

function invalid(field: string, why: string): InputError {
  return new InputError('invalid-input', { field, why });
}
