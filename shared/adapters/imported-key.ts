import { createPublicKey } from 'node:crypto';
import { privateKeyObject } from '#crypto/key-pair.ts';
import { keySpecOfObject } from '#crypto/public-key.ts';
import { InputError } from '#domain/errors.ts';
import type { KeySpec } from '#domain/key-spec.ts';
import type { Secret } from '#domain/secret.ts';

/**
 * The public half of a private key that is to be imported.
 * @param privateKey PKCS#8 PrivateKeyInfo, DER
 * @returns DER SubjectPublicKeyInfo
 * @throws InputError `invalid-input` if the bytes are no private key of that spec
 */
export function importedPublicKey(privateKey: Secret, spec: KeySpec): Uint8Array {
  const key = readKey(privateKey);
  if (keySpecOfObject(key) !== spec) throw notOfSpec(spec);
  return new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));

  function readKey(secret: Secret) {
    try {
      return privateKeyObject(secret);
    } catch {
      // No cause: OpenSSL's message may quote what it read.
      throw notOfSpec(spec);
    }
  }
}

function notOfSpec(spec: KeySpec): InputError {
  return new InputError('invalid-input', {
    field: 'privateKey',
    why: `is no private key of spec ${spec} in PKCS#8`,
    next: 'Name the spec of the key, and give it as PKCS#8 in DER.',
  });
}
