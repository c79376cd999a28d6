import { hash } from 'node:crypto';
import { type DigestName, digestChain } from './digest-chain/digest-chain.ts';

/** The input of PKCS12KDF (RFC 7292 appendix B.2), in the RFC's terms. */
export interface Pkcs12KdfTask {
  digest: DigestName;
  /** BMPString with its trailing NUL (appendix B.1). */
  password: Uint8Array;
  salt: Uint8Array;
  /** 1: a key, 2: an initialization vector, 3: a MAC key (appendix B.3). */
  id: 1 | 2 | 3;
  /** 1 or more. */
  iterations: number;
  /** Bytes wanted. */
  keyLength: number;
}

/** u and v of appendix B.2: the lengths of a digest and of its blocks, in bytes. */
export const digestLengths: Readonly<Record<DigestName, { digest: number; block: number }>> = {
  sha1: { digest: 20, block: 64 },
  sha224: { digest: 28, block: 64 },
  sha256: { digest: 32, block: 64 },
  sha384: { digest: 48, block: 128 },
  sha512: { digest: 64, block: 128 },
};

/** Digests that make up a key: each takes all iterations anew, by PKCS12KDF and PBKDF2 alike. @param keyLength bytes */
export function digestsFor(keyLength: number, digest: DigestName): number {
  return Math.ceil(keyLength / digestLengths[digest].digest);
}

/**
 * PKCS12KDF on the calling thread: RFC 7292 appendix B.2, whose step numbers stand beside the code.
 * @returns `keyLength` bytes, with a buffer of their own
 */
export function pkcs12KdfSync(task: Pkcs12KdfTask): Uint8Array<ArrayBuffer> {
  const { block } = digestLengths[task.digest];
  const derived = new Uint8Array(task.keyLength);
  const input = blocksOf([Uint8Array.of(task.id), task.salt, task.password], block); // 1, 2, 3, 4
  try {
    for (let at = 0; at < task.keyLength; ) {
      const digest = hash(task.digest, input, 'buffer'); // 6A
      digestChain(task.digest).repeat(digest, task.iterations - 1);
      derived.set(digest.subarray(0, task.keyLength - at), at);
      at += digest.length;
      if (at < task.keyLength) addToEachBlock(input.subarray(block), digest, block); // 6B, 6C
      digest.fill(0);
    }
  } finally {
    input.fill(0);
  }
  return derived; // 7, 8
}

/** Each part in copies of it, end to end, up to the next whole number of blocks. */
function blocksOf(parts: Uint8Array[], block: number): Uint8Array {
  const lengths = parts.map((part) => Math.ceil(part.length / block) * block);
  const blocks = Buffer.alloc(lengths.reduce((sum, length) => sum + length));
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const end = at + (lengths[i] ?? 0);
    if (end > at) blocks.fill(part, at, end);
    at = end;
  }
  return blocks;
}

/** I_j = (I_j + B + 1) mod 2^8v for each block, B being the digest repeated to a block's length. */
function addToEachBlock(blocks: Uint8Array, digest: Uint8Array, block: number): void {
  for (let start = 0; start < blocks.length; start += block) {
    let carry = 1;
    for (let i = block - 1; i >= 0; i--) {
      carry += (blocks[start + i] ?? 0) + (digest[i % digest.length] ?? 0);
      blocks[start + i] = carry & 0xff;
      carry >>>= 8;
    }
  }
}
