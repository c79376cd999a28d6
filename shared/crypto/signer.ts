import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { ProviderError } from '#domain/errors.ts';
import { type KeySpec, keySpecs, type SignatureAlgorithm } from '#domain/key-spec.ts';
import type { Secret } from '#domain/secret.ts';
import { hashOfSignature, keyFor, keySpecOfObject } from './public-key.ts';

/** Signs with one enrollment key, wherever it lives. Errors of the key provider pass through unchanged. */
export interface Signer {
  readonly algorithm: SignatureAlgorithm;

  /**
   * Signs a message (not its digest).
   * @returns PKCS#1 v1.5 or PSS signature (RFC 8017 sections 8.2 and 8.1), or DER ECDSA-Sig-Value (RFC 3279 section 2.2.3)
   */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

// With a callback, OpenSSL works on a thread of the pool and the event loop goes on.
const signOffLoop = promisify(sign);

/**
 * A signer over a private key in memory, as its spec signs requests. OpenSSL keeps a copy of its own, so the caller may erase the secret at once.
 * @param privateKey PKCS#8 PrivateKeyInfo, DER (RFC 5208)
 * @throws ProviderError `wrapped-key-invalid` if the bytes are no private key of this spec
 */
export function privateKeySigner(privateKey: Secret, spec: KeySpec): Signer {
  const key = importPrivateKey(privateKey);
  if (keySpecOfObject(key) !== spec) {
    throw new ProviderError('wrapped-key-invalid', { why: `the private key is not of spec ${spec}` });
  }
  const algorithm = keySpecs[spec].signature;
  return {
    algorithm,
    async sign(message) {
      try {
        return new Uint8Array(await signOffLoop(hashOfSignature[algorithm], message, keyFor(algorithm, key)));
      } catch (cause) {
        throw new ProviderError('wrapped-key-invalid', { why: 'the private key does not sign', cause });
      }
    },
  };
}

function importPrivateKey(privateKey: Secret): KeyObject {
  const bytes = privateKey.bytes();
  try {
    // A view, not a copy: nothing of the key may stay behind in a buffer that nobody erases.
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new ProviderError('wrapped-key-invalid', { why: 'the bytes are not a private key', cause });
  }
}
