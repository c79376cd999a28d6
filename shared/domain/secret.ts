import { inspect } from 'node:util';

const shown = '[secret]';

/**
 * Bytes that must never be written: a password, a passphrase, a private key. Whatever prints, serializes or
 * interpolates a Secret gets `[secret]`; the bytes come out only where code asks for them by name.
 */
export class Secret {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A secret from text, as UTF-8. */
  static fromText(text: string): Secret {
    return new Secret(new TextEncoder().encode(text));
  }

  /** The bytes themselves, not a copy: `erase` clears them. */
  bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The bytes read as UTF-8, a byte order mark included. Text cannot be erased from memory, so prefer `bytes`. */
  text(): string {
    // A decoder leaves the mark out unless told; then text and bytes would be two different passwords.
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.#bytes);
  }

  /** Overwrites the bytes; the secret is empty of meaning afterwards. */
  erase(): void {
    this.#bytes.fill(0);
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
