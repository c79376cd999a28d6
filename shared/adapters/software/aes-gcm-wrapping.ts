import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ProviderError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';

const algorithm = 'aes-256-gcm';
const version = 1;
const nonceLength = 12;
const tagLength = 16;
const headLength = 1 + nonceLength;

/**
 * Wraps a private key by AES-256-GCM (SP 800-38D) under a random 96-bit nonce. One wrapping key may wrap 2^32 keys
 * before a nonce is likely to repeat (section 8.3), which evaluation never reaches.
 * @param wrappingKey 32 bytes
 * @param associated authenticated with it, not kept in it: unwrapping needs the same again
 * @returns version (1 byte), nonce (12), ciphertext, tag (16)
 */
export function wrapPrivateKey(wrappingKey: Secret, privateKey: Secret, associated: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv(algorithm, wrappingKey.bytes(), nonce, { authTagLength: tagLength });
  cipher.setAAD(associated);
  const ciphertext = Buffer.concat([cipher.update(privateKey.bytes()), cipher.final()]);
  return Buffer.concat([Buffer.of(version), nonce, ciphertext, cipher.getAuthTag()]);
}

/**
 * Opens what `wrapPrivateKey` made. One error for every reason, so that it tells a forger nothing.
 * @throws ProviderError `wrapped-key-invalid` if it was altered, or wrapped with other associated bytes or key
 */
export function unwrapPrivateKey(wrappingKey: Secret, wrapped: Uint8Array, associated: Uint8Array): Secret {
  if (wrapped.length <= headLength + tagLength || wrapped[0] !== version) {
    throw new ProviderError('wrapped-key-invalid');
  }
  const nonce = wrapped.subarray(1, headLength);
  const decipher = createDecipheriv(algorithm, wrappingKey.bytes(), nonce, { authTagLength: tagLength });
  decipher.setAAD(associated);
  decipher.setAuthTag(wrapped.subarray(-tagLength));
  // A stream cipher's update gives every byte, so there is nothing of the key in what `final` returns.
  const plaintext = new Secret(decipher.update(wrapped.subarray(headLength, -tagLength)));
  try {
    decipher.final();
  } catch (cause) {
    plaintext.erase();
    throw new ProviderError('wrapped-key-invalid', { cause });
  }
  return plaintext;
}
