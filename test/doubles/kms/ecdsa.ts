import { createECDH, createPrivateKey, randomBytes } from 'node:crypto';
import { der, encodeDer } from '#crypto/asn1.ts';

interface Curve {
  name: string;
  order: bigint;
}

/** The orders of the base points (SP 800-186 section 3.2.1). */
const curves: Readonly<Record<string, Curve>> = {
  'P-256': {
    name: 'prime256v1',
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  'P-384': {
    name: 'secp384r1',
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  'P-521': {
    name: 'secp521r1',
    order:
      0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
};

/**
 * ECDSA (FIPS 186-5 section 6.4.1) over a digest that is not hashed again, which node:crypto does not offer: its part is the
 * multiplication of the point. Of no use for keys that matter: numbers of JavaScript take a time that depends on them.
 * @param pkcs8 PKCS#8, DER
 * @param digest as long as the order, or shorter
 * @returns DER ECDSA-Sig-Value
 */
export function signDigestByEcdsa(pkcs8: Buffer, digest: Uint8Array): Uint8Array {
  const jwk = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });
  const curve = curves[jwk.crv ?? ''];
  if (curve === undefined) throw new TypeError(`no curve ${jwk.crv}`);
  const d = toNumber(Buffer.from(jwk.d ?? '', 'base64url'));
  const z = toNumber(digest);
  for (;;) {
    const { k, x } = ephemeral(curve);
    const r = x % curve.order;
    const s = (inverse(k, curve.order) * (z + r * d)) % curve.order;
    if (r !== 0n && s !== 0n) {
      return encodeDer(der.sequence(der.unsignedInteger(toBytes(r)), der.unsignedInteger(toBytes(s))));
    }
  }
}

/** A number that is used once, and the x coordinate of its point. */
function ephemeral({ name, order }: Curve): { k: bigint; x: bigint } {
  const length = Math.ceil(order.toString(16).length / 2);
  for (;;) {
    const bytes = randomBytes(length);
    // The order of P-521 fills one bit of its first byte.
    if (length === 66) bytes[0] = (bytes[0] ?? 0) & 1;
    const k = toNumber(bytes);
    if (k === 0n || k >= order) continue;
    const ecdh = createECDH(name);
    ecdh.setPrivateKey(bytes);
    return { k, x: toNumber(ecdh.getPublicKey().subarray(1, 1 + length)) };
  }
}

/** By Euclid's extended algorithm. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [remainder, next, factor, nextFactor] = [modulus, value % modulus, 0n, 1n];
  while (next !== 0n) {
    const quotient = remainder / next;
    [remainder, next] = [next, remainder - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return ((factor % modulus) + modulus) % modulus;
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
}

function toBytes(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}
