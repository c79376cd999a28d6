import { hash } from 'node:crypto';
import { sha256Chain } from './sha256-chain.ts';

/** The input of PKCS12KDF (RFC 7292 appendix B.2), in the RFC's terms. */
export interface Pkcs12KdfTask {
  digest: 'sha1' | 'sha256';
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

/** v: the block size of SHA-1 and SHA-256, in bytes. */
const blockLength = 64;

/**
 * PKCS12KDF on the calling thread: RFC 7292 appendix B.2, whose step numbers stand beside the code.
 * @returns `keyLength` bytes, with a buffer of their own
 */
export function pkcs12KdfSync(task: Pkcs12KdfTask): Uint8Array<ArrayBuffer> {
  const derived = new Uint8Array(task.keyLength);
  const diversifier = new Uint8Array(blockLength).fill(task.id); // 1
  const input = Buffer.concat([diversifier, filled(task.salt), filled(task.password)]); // 2, 3, 4
  for (let at = 0; at < task.keyLength; ) {
    const digest = iterated(task.digest, input, task.iterations); // 6A
    derived.set(digest.subarray(0, task.keyLength - at), at);
    at += digest.length;
    if (at < task.keyLength) addToEachBlock(input.subarray(blockLength), digest); // 6B, 6C
    digest.fill(0);
  }
  input.fill(0);
  return derived; // 7, 8
}

/** Copies of the bytes, end to end, up to the next whole number of blocks. */
function filled(bytes: Uint8Array): Uint8Array {
  const out = Buffer.alloc(Math.ceil(bytes.length / blockLength) * blockLength);
  return bytes.length === 0 ? out : out.fill(bytes);
}

function iterated(name: Pkcs12KdfTask['digest'], input: Uint8Array, iterations: number): Uint8Array {
  let digest = hash(name, input, 'buffer');
  if (name === 'sha256') {
    sha256Chain(digest, iterations - 1);
    return digest;
  }
  // SHA-1 is met only when files of others are read, off the event loop: a one-shot hash each is quick enough.
  for (let i = 1; i < iterations; i++) digest = hash(name, digest, 'buffer');
  return digest;
}

/** I_j = (I_j + B + 1) mod 2^512 for each block, B being the digest repeated to a block's length. */
function addToEachBlock(blocks: Uint8Array, digest: Uint8Array): void {
  for (let start = 0; start < blocks.length; start += blockLength) {
    let carry = 1;
    for (let i = blockLength - 1; i >= 0; i--) {
      carry += (blocks[start + i] ?? 0) + (digest[i % digest.length] ?? 0);
      blocks[start + i] = carry & 0xff;
      carry >>>= 8;
    }
  }
}
