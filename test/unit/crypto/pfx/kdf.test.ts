import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pkcs12Kdf } from '#crypto/pfx/kdf.ts';
import { bmpPassword, checkPfxPassword } from '#crypto/pfx/password.ts';
import { sha256Chain } from '#crypto/worker/sha256-chain.ts';
import { Secret } from '#domain/secret.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('sha256Chain', () => {
  it.each([0, 1, 2, 511, 512, 513, 1_025])('hashes %i times', (times) => {
    const digest = hash('sha256', 'start', 'buffer');
    let expected = hash('sha256', 'start', 'buffer');
    for (let i = 0; i < times; i++) expected = hash('sha256', expected, 'buffer');
    sha256Chain(digest, times);
    expect(hex(digest)).toBe(hex(expected));
  });

  it('hashes any digest, wherever it stands in its buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(40), (bytes, offset) => {
        const view = new Uint8Array(new ArrayBuffer(offset + 32), offset);
        view.set(bytes);
        sha256Chain(view, 1);
        expect(hex(view)).toBe(hash('sha256', bytes, 'hex'));
      }),
    );
  });
});

/** openssl kdf -keylen N -kdfopt digest:D -kdfopt hexpass:0073006d006500670000 -kdfopt hexsalt:S -kdfopt id:I -kdfopt iter:R PKCS12KDF */
const vectors = [
  {
    digest: 'sha1',
    salt: '0a58cf64530d823f',
    id: 1,
    iterations: 1,
    keyLength: 24,
    key: '8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3',
  },
  { digest: 'sha1', salt: '0a58cf64530d823f', id: 2, iterations: 1, keyLength: 8, key: '79993dfe048d3b76' },
  {
    digest: 'sha1',
    salt: '3d83c0e4546ac140',
    id: 3,
    iterations: 1,
    keyLength: 20,
    key: '8d967d88f6caa9d714800ab3d48051d63f73a312',
  },
  {
    digest: 'sha1',
    salt: '05dec959acff72f7',
    id: 1,
    iterations: 1000,
    keyLength: 24,
    key: '6b96a1d707baa8fa771aa85554ce671bb14e8a06ce8c351b',
  },
  {
    digest: 'sha256',
    salt: '0a58cf64530d823f',
    id: 3,
    iterations: 1,
    keyLength: 32,
    key: 'b26d0cad11e901ad0ba0ce08b18df8fc49d2eb271bf02a0cee1669e01251b18d',
  },
  {
    digest: 'sha256',
    salt: '000102030405060708090a0b0c0d0e0f',
    id: 3,
    iterations: 2048,
    keyLength: 32,
    key: 'c9c6b4d54f2ddd60ca7a2a0ac5e162724accb95beb26278461677848eb9598e8',
  },
  {
    digest: 'sha256',
    salt: '000102030405060708090a0b0c0d0e0f',
    id: 3,
    iterations: 4096,
    keyLength: 32,
    key: '242acae1aa53c5000411db21312bf4e98498533cf8bca26b0c71c03f614100d3',
  },
  {
    digest: 'sha256',
    salt: '000102030405060708090a0b0c0d0e0f',
    id: 3,
    iterations: 4097,
    keyLength: 32,
    key: '9761b372cfe0edc50359117f48e9ca602496701641eb7dd4acdddd0c81620cbb',
  },
  {
    digest: 'sha256',
    salt: '000102030405060708090a0b0c0d0e0f',
    id: 3,
    iterations: 250000,
    keyLength: 32,
    key: '49265db91acfd4d6b1d5d08eeec0785e4e25e0778482f6acacbb841c79756fad',
  },
  {
    digest: 'sha256',
    salt: 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    id: 1,
    iterations: 3,
    keyLength: 100,
    key: 'c61d4189af031ad3ab90529c32100a0c2540029a07cadc73c4f794300b94344b1f6713fee8def252b85a043f00bb78c481a651e64fe6652604fcfda2548f62272129ab1b3a38d234a7bd90e5c6e90623aae2928f8173ff5f06e53cf4bdb63f2e078ea9ea',
  },
] as const;

describe('pkcs12Kdf', () => {
  it.each(vectors)(
    'derives as OpenSSL does: $digest, id $id, $iterations iterations, $keyLength bytes',
    async ({ key, ...input }) => {
      const derived = await pkcs12Kdf({
        ...input,
        password: Secret.fromText('smeg'),
        salt: Buffer.from(input.salt, 'hex'),
      });
      expect(hex(derived.bytes())).toBe(key);
    },
  );
});

describe('a PFX password', () => {
  it('is a BMPString with a trailing NUL', () => {
    expect(hex(bmpPassword(Secret.fromText('Beavis')))).toBe('0042006500610076006900730000');
  });

  it('may hold any printable ASCII', () => {
    const all = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).join('');
    expect(checkPfxPassword(Secret.fromText(all))).toBeUndefined();
  });

  it.each(['', 'pässword', 'tab\tbed', 'end\0', 'del\x7f', '密碼'])('may not be %j', (text) => {
    expect(() => checkPfxPassword(Secret.fromText(text))).toThrow(
      expect.objectContaining({ code: 'password-not-ascii' }),
    );
  });
});
