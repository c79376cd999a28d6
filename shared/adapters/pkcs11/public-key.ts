import { createPublicKey, type KeyObject } from 'node:crypto';
import { ProviderError } from '#domain/errors.ts';
import { type KeySpec, keySpecNames, keySpecs } from '#domain/key-spec.ts';
import { attributes, keyTypes } from './constants.ts';
import type { Handle } from './cryptoki.ts';
import { readAttribute, type TokenSession } from './operations.ts';
import { curveParameters } from './templates.ts';

/** Bytes of one coordinate, by curve (SEC 1 section 2.3.5). */
const coordinateLengths = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const;
type Curve = keyof typeof coordinateLengths;

/**
 * A public key as node:crypto holds it, from the attributes of its object in the token.
 * @throws ProviderError `provider-incapable` if the token gives a point that is none
 */
export function readPublicKey(token: TokenSession, publicKey: Handle, spec: KeySpec): KeyObject {
  const facts = keySpecs[spec];
  if (facts.kind === 'ec') {
    return ecPublicKey(facts.curve, readAttribute(token, publicKey, attributes.CKA_EC_POINT));
  }
  const n = readAttribute(token, publicKey, attributes.CKA_MODULUS).toString('base64url');
  const e = readAttribute(token, publicKey, attributes.CKA_PUBLIC_EXPONENT).toString('base64url');
  return createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
}

/** DER SubjectPublicKeyInfo of a public key. */
export function subjectPublicKeyInfo(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }));
}

/**
 * An EC public key from CKA_EC_POINT.
 * @param point the uncompressed point in a DER OCTET STRING (PKCS#11 curves 2.40 section 2.3.3), or bare, as the
 *   tokens give it that follow the earlier text
 */
export function ecPublicKey(curve: Curve, point: Uint8Array): KeyObject {
  const length = coordinateLengths[curve];
  const bare = point.subarray(-(1 + 2 * length));
  const isPoint = bare.length === 1 + 2 * length && bare[0] === 4;
  const head = Buffer.from(point.subarray(0, point.length - bare.length));
  if (!isPoint || !(head.length === 0 || head.equals(octetStringHead(bare.length)))) {
    throw new ProviderError('provider-incapable', { why: 'the token gave a public key that is no point' });
  }
  const x = Buffer.from(bare.subarray(1, 1 + length)).toString('base64url');
  const y = Buffer.from(bare.subarray(1 + length)).toString('base64url');
  return createPublicKey({ key: { kty: 'EC', crv: curve, x, y }, format: 'jwk' });
}

/** The spec of a private key in the token, by attributes that are public; undefined if it is none of ours. */
export function readKeySpec(token: TokenSession, privateKey: Handle): KeySpec | undefined {
  const keyType = readAttribute(token, privateKey, attributes.CKA_KEY_TYPE)[0];
  if (keyType === keyTypes.CKK_RSA) {
    const modulus = readAttribute(token, privateKey, attributes.CKA_MODULUS);
    // Some tokens put a zero before it, as DER does.
    const bits = (modulus[0] === 0 ? modulus.length - 1 : modulus.length) * 8;
    return keySpecNames.find((name) => {
      const facts = keySpecs[name];
      return facts.kind === 'rsa' && facts.modulusBits === bits;
    });
  }
  const parameters = readAttribute(token, privateKey, attributes.CKA_EC_PARAMS);
  return keySpecNames.find((name) => {
    const facts = keySpecs[name];
    return facts.kind === 'ec' && curveParameters(facts.curveOid).equals(parameters);
  });
}

function octetStringHead(length: number): Buffer {
  return length < 0x80 ? Buffer.of(4, length) : Buffer.of(4, 0x81, length);
}
