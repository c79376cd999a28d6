import { generateKeyPair, type KeyObject, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import { ProviderError } from '#domain/errors.ts';

const generate = promisify(generateKeyPair);

/** The hash of RSA-OAEP, by node:crypto's names. */
export type OaepHash = 'sha1' | 'sha256';
const webNames = { sha1: 'SHA-1', sha256: 'SHA-256' } as const;

/** How large the key is, and what wears it out, after which another is made. */
export interface EphemeralRsaKeySettings {
  bits: 2_048 | 3_072;
  exports: number;
  milliseconds: number;
  /** The time in milliseconds. */
  now(): number;
}

/** An RSA key pair whose private half never leaves this process. */
export interface EphemeralKeyPair {
  /** Modulus and public exponent, big-endian. */
  modulus: Buffer;
  publicExponent: Buffer;
  /**
   * Opens RSA-OAEP (RFC 8017 section 7.1, no label, MGF1 with the same hash), off the event loop.
   * @returns the plaintext, to be erased by the caller
   * @throws ProviderError `provider-incapable` if it does not open
   */
  open(hash: OaepHash, ciphertext: Uint8Array): Promise<Uint8Array>;
}

/**
 * The RSA key to which a token wraps its transport keys. It is made in memory, used for a limited number of exports and a
 * limited time, and never written, so that nobody who kept what travelled to the token and back can open it later.
 */
export class EphemeralRsaKey {
  readonly #settings: EphemeralRsaKeySettings;
  #pair: Promise<EphemeralKeyPair> | undefined;
  #usesLeft = 0;
  #until = 0;

  /** @param settings RSA-3072, for 1,000 exports or an hour, where nothing else is given */
  constructor(settings: Partial<EphemeralRsaKeySettings> = {}) {
    this.#settings = { bits: 3_072, exports: 1_000, milliseconds: 3_600_000, now: Date.now, ...settings };
  }

  /** The key for one export; made first if there is none, or the last is worn out. */
  async take(): Promise<EphemeralKeyPair> {
    const now = this.#settings.now();
    if (this.#pair === undefined || this.#usesLeft === 0 || now >= this.#until) {
      this.#pair = makePair(this.#settings.bits);
      this.#usesLeft = this.#settings.exports;
      this.#until = now + this.#settings.milliseconds;
    }
    this.#usesLeft--;
    return this.#pair;
  }
}

async function makePair(bits: number): Promise<EphemeralKeyPair> {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: bits });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  return {
    modulus: Buffer.from(n, 'base64url'),
    publicExponent: Buffer.from(e, 'base64url'),
    open: (hash, ciphertext) => open(privateKey, hash, ciphertext),
  };
}

async function open(privateKey: KeyObject, hash: OaepHash, ciphertext: Uint8Array): Promise<Uint8Array> {
  const key = privateKey.toCryptoKey({ name: 'RSA-OAEP', hash: webNames[hash] }, false, ['decrypt']);
  try {
    const opened = await webcrypto.subtle.decrypt({ name: 'RSA-OAEP' }, key, Uint8Array.from(ciphertext));
    return new Uint8Array(opened);
  } catch (cause) {
    throw new ProviderError('provider-incapable', { why: 'the token does not wrap by RSA-OAEP', cause });
  }
}
