import { createHash } from 'node:crypto';

/** The purposes of RFC 7292 appendix B.3. */
export const purpose = { key: 1, initializationVector: 2, mac: 3 } as const;

/** The hashes that the crafted files use; both work in blocks of 64 bytes. */
export type Digest = 'sha1' | 'sha256';

/**
 * PKCS12KDF (RFC 7292 appendix B.2) in arithmetic on whole blocks: slow, plain, and sharing nothing with the product's own.
 * @param text printable ASCII
 * @returns `length` bytes
 */
export function pkcs12Kdf(
  digest: Digest,
  text: string,
  salt: Uint8Array,
  { id, iterations, length }: { id: number; iterations: number; length: number },
): Buffer {
  const bmp = Buffer.from(`${text}\0`, 'utf16le').swap16();
  let blocks = [...blocksOf(salt), ...blocksOf(bmp)];
  const diversifier = Buffer.alloc(64, id);
  let derived = Buffer.alloc(0);
  while (derived.length < length) {
    let hash = Buffer.concat([diversifier, ...blocks.map(blockBytes)]);
    for (let i = 0; i < iterations; i++) hash = createHash(digest).update(hash).digest();
    derived = Buffer.concat([derived, hash]);
    const addend = numberOf(Buffer.alloc(64, hash)) + 1n;
    blocks = blocks.map((block) => (block + addend) % 2n ** 512n);
  }
  return derived.subarray(0, length);
}

/** The bytes, repeated to whole blocks of 64. */
function blocksOf(bytes: Uint8Array): bigint[] {
  const filled = Buffer.alloc(Math.ceil(bytes.length / 64) * 64, bytes);
  return Array.from({ length: filled.length / 64 }, (_, i) =>
    numberOf(filled.subarray(i * 64, (i + 1) * 64)),
  );
}

const numberOf = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`);
const blockBytes = (block: bigint) => Buffer.from(block.toString(16).padStart(128, '0'), 'hex');
