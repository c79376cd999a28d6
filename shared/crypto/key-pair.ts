import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { type KeySpec, keySpecs } from '#domain/key-spec.ts';
import { Secret } from '#domain/secret.ts';

const generate = promisify(generateKeyPair);
const publicKeyEncoding = { type: 'spki', format: 'der' } as const;
const privateKeyEncoding = { type: 'pkcs8', format: 'der' } as const;

/**
 * Makes a key pair in memory, off the event loop; RSA with the public exponent 65537.
 * @returns DER SubjectPublicKeyInfo and DER PKCS#8; EC keys name their curve
 */
export async function makeKeyPair(spec: KeySpec): Promise<{ publicKey: Uint8Array; privateKey: Secret }> {
  const facts = keySpecs[spec];
  const pair =
    facts.kind === 'rsa'
      ? await generate('rsa', { modulusLength: facts.modulusBits, publicKeyEncoding, privateKeyEncoding })
      : await generate('ec', { namedCurve: facts.curve, publicKeyEncoding, privateKeyEncoding });
  return { publicKey: new Uint8Array(pair.publicKey), privateKey: new Secret(pair.privateKey) };
}

/** A private key as node:crypto's object. It holds a copy of its own, so the secret may be erased at once. */
export function privateKeyObject(privateKey: Secret): KeyObject {
  const bytes = privateKey.bytes();
  // A view, not a copy: nothing of the key may stay behind in a buffer that nobody erases.
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}
