import { createHmac, generateKeySync, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { Secret } from '#domain/secret.ts';
import type { DigestName } from '../worker/digest-chain/digest-chain.ts';
import { pkcs12Kdf } from './kdf.ts';

interface DerivationCost {
  salt: Uint8Array;
  iterations: number;
  /** Bytes. */
  keyLength: number;
}

/** One key derivation of a PFX: PBKDF2 (RFC 8018 section 5.2) or PKCS12KDF (RFC 7292 appendix B). */
export type KeyDerivation = DerivationCost & { digest: DigestName } & (
    | { kdf: 'pbkdf2' }
    | { kdf: 'pkcs12'; id: 1 | 2 | 3 }
  );

const pbkdf2Async = promisify(pbkdf2);

/**
 * Keys derived within one invocation, so that reading back what was just written does not derive them again. A
 * derivation is a function of password, algorithm, salt and count alone, all of which name the entry: what is remembered is
 * what would be derived, for a changed file or another password is another entry. Should the derivation itself be
 * wrong, the proof's independent implementation, which derives for itself, does not open the file.
 */
export class PfxDerivations {
  readonly #entries = new Map<string, Promise<Secret>>();
  /** Names of entries hold the password under this key only, which lives as long as they do. */
  readonly #nameKey = generateKeySync('hmac', { length: 256 });

  /**
   * Derives a key, or takes it from an earlier derivation that was the same.
   * @param password printable ASCII
   * @returns a copy, to be erased by the caller
   * @throws InternalError `internal` if the worker thread failed
   */
  async derive(password: Secret, derivation: KeyDerivation): Promise<Secret> {
    const name = this.#name(password, derivation);
    try {
      const entry = await this.#started(name, password, derivation);
      return new Secret(Uint8Array.from(entry.bytes()));
    } catch (error) {
      this.#entries.delete(name);
      throw error;
    }
  }

  /**
   * Starts a derivation that will be asked for, so that several run at the same time. Should it fail, whoever asks for it
   * is told.
   */
  prepare(password: Secret, derivation: KeyDerivation): void {
    this.#started(this.#name(password, derivation), password, derivation).catch(() => undefined);
  }

  /** Overwrites every key. Derivations that are still under way are overwritten when they end. */
  erase(): void {
    for (const entry of this.#entries.values()) {
      entry.then(
        (key) => key.erase(),
        () => undefined,
      );
    }
    this.#entries.clear();
  }

  #started(name: string, password: Secret, derivation: KeyDerivation): Promise<Secret> {
    const entry = this.#entries.get(name) ?? deriveKey(password, derivation);
    this.#entries.set(name, entry);
    return entry;
  }

  #name(password: Secret, derivation: KeyDerivation): string {
    const { salt, ...rest } = derivation;
    const facts = JSON.stringify([Buffer.from(salt).toString('hex'), ...Object.entries(rest).sort()]);
    const ofPassword = createHmac('sha256', this.#nameKey).update(password.bytes()).digest('hex');
    return `${ofPassword} ${facts}`;
  }
}

/**
 * Derives a key off the event loop: PBKDF2 on libuv's threads, PKCS12KDF in a worker where it is long.
 * @param password printable ASCII; PBES2 takes its bytes, PKCS12KDF its BMPString
 * @returns `keyLength` bytes, to be erased by the caller
 * @throws InternalError `internal` if the worker thread failed
 */
export async function deriveKey(password: Secret, derivation: KeyDerivation): Promise<Secret> {
  const { salt, iterations, keyLength, digest } = derivation;
  if (derivation.kdf === 'pkcs12') return pkcs12Kdf({ ...derivation, password });
  return new Secret(await pbkdf2Async(password.bytes(), salt, iterations, keyLength, digest));
}
