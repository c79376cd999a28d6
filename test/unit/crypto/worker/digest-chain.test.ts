import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigestChain, type DigestName, digestChain } from '#crypto/worker/digest-chain/digest-chain.ts';
import { sha1 } from '#crypto/worker/digest-chain/sha1.ts';
import { sha224, sha256, sha384, sha512 } from '#crypto/worker/digest-chain/sha2.ts';

const names: DigestName[] = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** NIST, shabytetestvectors.zip: of each ShortMsg.rsp the message that is as long as a digest. */
const vectors = [
  ['sha1', '63a3cc83fd1ec1b6680e9974a0514e1a9ecebb6a', '8bb8c0d815a9c68a1d2910f39d942603d807fbcc'],
  [
    'sha256',
    '09fc1accc230a205e4a208e64a8f204291f581a12756392da4b8c0cf5ef02b95',
    '4f44c1c7fbebb6f9601829f3897bfd650c56fa07844be76489076356ac1886a4',
  ],
  [
    'sha512',
    'c1ca70ae1279ba0b918157558b4920d6b7fba8a06be515170f202fafd36fb7f79d69fad745dba6150568db1e2b728504113eeac34f527fc82f2200b462ecbf5d',
    '046e46623912b3932b8d662ab42583423843206301b58bf20ab6d76fd47f1cbbcf421df536ecd7e56db5354e7e0f98822d2129c197f6f0f222b8ec5231f3967d',
  ],
] as const;

function hashedByNode(name: DigestName, start: Uint8Array, times: number): string {
  let digest = start;
  for (let i = 0; i < times; i++) digest = hash(name, digest, 'buffer');
  return hex(digest);
}

describe('DigestChain', () => {
  it.each(vectors)('hashes the vector of NIST: %s', (name, message, expected) => {
    const digest = Buffer.from(message, 'hex');
    digestChain(name).repeat(digest, 1);
    expect(hex(digest)).toBe(expected);
  });

  describe.each(names)('%s', (name) => {
    const length = hash(name, '', 'buffer').length;
    const starts = fc.uint8Array({ minLength: length, maxLength: length });

    it.each([0, 1, 2, 511, 512, 513, 1_025])('hashes %i times', (times) => {
      const digest = hash(name, 'start', 'buffer');
      const expected = hashedByNode(name, digest, times);
      digestChain(name).repeat(digest, times);
      expect(hex(digest)).toBe(expected);
    });

    it('hashes any digest any number of times, wherever it stands in its buffer', () => {
      fc.assert(
        fc.property(starts, fc.nat(40), fc.nat(40), (start, times, offset) => {
          const bytes = new Uint8Array(offset + length + 1).fill(0xa5);
          bytes.set(start, offset);
          digestChain(name).repeat(bytes.subarray(offset, offset + length), times);
          const around = 'a5'.repeat(offset);
          expect(hex(bytes)).toBe(`${around}${hashedByNode(name, start, times)}a5`);
        }),
      );
    });

    it('goes on from where it stopped', () => {
      fc.assert(
        fc.property(starts, fc.nat(600), fc.nat(600), (start, first, second) => {
          const [twice, once] = [Uint8Array.from(start), Uint8Array.from(start)];
          digestChain(name).repeat(twice, first);
          digestChain(name).repeat(twice, second);
          digestChain(name).repeat(once, first + second);
          expect(twice).toEqual(once);
        }),
      );
    });

    it.each([0, 1, 600])('leaves nothing in its memory after %i times', (times) => {
      const chain = digestChain(name);
      chain.repeat(new Uint8Array(length).fill(0x5a), times);
      expect(chain.memory.length).toBe(65_536);
      expect(chain.memory.every((byte) => byte === 0)).toBe(true);
    });

    it('is assembled once', () => {
      expect(digestChain(name)).toBe(digestChain(name));
    });
  });

  it('keeps chains apart', () => {
    const digest = hash('sha256', 'start', 'buffer');
    const expected = hashedByNode('sha256', digest, 2);
    const [one, other] = [new DigestChain(sha256()), new DigestChain(sha256())];
    one.repeat(digest, 1);
    other.repeat(new Uint8Array(32), 7);
    one.repeat(digest, 1);
    expect(hex(digest)).toBe(expected);
  });
});

describe('initial states', () => {
  const words = (digest: { initialState: readonly bigint[] }) =>
    digest.initialState.map((value) => value.toString(16)).join(' ');

  // FIPS 180-4 section 5.3
  it.each([
    ['SHA-1', sha1, '67452301 efcdab89 98badcfe 10325476 c3d2e1f0'],
    ['SHA-224', sha224(), 'c1059ed8 367cd507 3070dd17 f70e5939 ffc00b31 68581511 64f98fa7 befa4fa4'],
    ['SHA-256', sha256(), '6a09e667 bb67ae85 3c6ef372 a54ff53a 510e527f 9b05688c 1f83d9ab 5be0cd19'],
    [
      'SHA-384',
      sha384(),
      'cbbb9d5dc1059ed8 629a292a367cd507 9159015a3070dd17 152fecd8f70e5939 67332667ffc00b31 8eb44a8768581511 db0c2e0d64f98fa7 47b5481dbefa4fa4',
    ],
    [
      'SHA-512',
      sha512(),
      '6a09e667f3bcc908 bb67ae8584caa73b 3c6ef372fe94f82b a54ff53a5f1d36f1 510e527fade682d1 9b05688c2b3e6c1f 1f83d9abfb41bd6b 5be0cd19137e2179',
    ],
  ])('of %s are those of the standard', (_, digest, expected) => {
    expect(words(digest)).toBe(expected);
  });
});
