import { constants, createHash, createPrivateKey, privateEncrypt, randomBytes } from 'node:crypto';
import { der, encodeDer } from '#crypto/asn1.ts';
import type { SigningAlgorithm } from './key-kinds.ts';

const hashOids = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const;

/**
 * RSA over a digest that is not hashed again.
 * @param pkcs8 PKCS#8, DER
 * @returns RSASSA-PKCS1-v1_5 or RSASSA-PSS with a salt of the digest's length (RFC 8017 sections 8.2 and 8.1)
 */
export function signDigestByRsa(pkcs8: Buffer, digest: Uint8Array, algorithm: SigningAlgorithm): Uint8Array {
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const { hash, padding } = algorithm;
  if (padding === 'pkcs1') {
    const info = der.sequence(der.sequence(der.oid(hashOids[hash]), der.null()), der.octetString(digest));
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, encodeDer(info));
  }
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  return privateEncrypt(
    { key, padding: constants.RSA_NO_PADDING },
    encodedByPss(digest, modulusLength / 8, hash),
  );
}

/** EMSA-PSS (RFC 8017 section 9.1.1) for a modulus whose bits are a multiple of eight: the encoding has one bit less. */
function encodedByPss(digest: Uint8Array, length: number, hash: SigningAlgorithm['hash']): Buffer {
  const salt = randomBytes(digest.length);
  const h = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
  const block = Buffer.alloc(length - h.length - 1);
  block[block.length - salt.length - 1] = 1;
  salt.copy(block, block.length - salt.length);
  const mask = maskOf(h, block.length, hash);
  for (const [index, byte] of mask.entries()) block[index] = (block[index] ?? 0) ^ byte;
  block[0] = (block[0] ?? 0) & 0x7f;
  return Buffer.concat([block, h, Buffer.of(0xbc)]);
}

/** MGF1 (RFC 8017 appendix B.2.1). */
function maskOf(seed: Uint8Array, length: number, hash: SigningAlgorithm['hash']): Buffer {
  const blocks: Buffer[] = [];
  for (let count = 0; count * seed.length < length; count++) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(count);
    blocks.push(createHash(hash).update(seed).update(counter).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}
