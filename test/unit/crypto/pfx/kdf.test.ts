import { describe, expect, it } from 'vitest';
import { pkcs12Kdf } from '#crypto/pfx/kdf.ts';
import { bmpPassword, checkPfxPassword } from '#crypto/pfx/password.ts';
import type { DigestName } from '#crypto/worker/digest-chain/digest-chain.ts';
import { Secret } from '#domain/secret.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

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
  {
    digest: 'sha1',
    salt: '000102030405060708090a0b0c0d0e0f',
    id: 3,
    iterations: 250000,
    keyLength: 20,
    key: '9fcf7de7d37671e2ffb929202b429b86a4b1b207',
  },
  {
    digest: 'sha224',
    salt: '000102030405060708090a0b0c0d0e0f',
    id: 3,
    iterations: 2048,
    keyLength: 28,
    key: 'deb9aaf6b2d81fe9c801198f8bd1a9415e7fafa52e02b051ff895687',
  },
  {
    digest: 'sha224',
    salt: '000102030405060708090a0b0c0d0e0f',
    id: 3,
    iterations: 250000,
    keyLength: 28,
    key: 'a7a5cdb19c82fc18b23d0e70dfa9afda4cde2e1761bcb5401bc3c4be',
  },
  {
    digest: 'sha384',
    salt: '000102030405060708090a0b0c0d0e0f',
    id: 3,
    iterations: 2048,
    keyLength: 48,
    key: '8dbba764ac90c3316e4c96a098f560144ca6ef72cd12d06ed30aca4733ed90ec3c2f94d77f42ca552cba90ebca240e6d',
  },
  {
    digest: 'sha384',
    salt: '000102030405060708090a0b0c0d0e0f',
    id: 3,
    iterations: 250000,
    keyLength: 48,
    key: '033fe88c5592d63dd0c4f59afeeaad94c1fc0bec81f6e768adef6af423debfb4b558dc0ee6eb82dc553be458a57dc10e',
  },
  {
    digest: 'sha512',
    salt: '000102030405060708090a0b0c0d0e0f',
    id: 3,
    iterations: 2048,
    keyLength: 64,
    key: 'f71f3ddd42c14eb3653b24b1c5a1de47c4580833827aa8515fed7996a0b968143fd9f8586338f9584d74030915e2c3ed9c14381faec6052a6d97e9d7269f8209',
  },
  {
    digest: 'sha512',
    salt: '000102030405060708090a0b0c0d0e0f',
    id: 3,
    iterations: 250000,
    keyLength: 64,
    key: '9b0c9423e1f5ce1423e66d4c15da2f1382ef32f28b0a3c2daf73e51fa730dfa5920c05b864d4aa891020b4f280a4b00a1a9f8a2677f68bd0110825de802fc463',
  },
  {
    digest: 'sha384',
    salt: 'ff'.repeat(130),
    id: 2,
    iterations: 2,
    keyLength: 150,
    key: '2cbc6eac616c6630168c87209e8fc6fc0a3db8a9ef56b954a163b6926a998ea6bf228fae393a8c2f9ea591e7622de99f696f40cc244b0edbb2d829ec1b5966885af14ababfa3480a6c5e8787c6e40365d8cce359e00ebe57729b6c387de11eaf565c480d39910e84015a7871a47c0da91475d77754e347a7d0623c117efd6502c2514745bd8ade80f1624c96efc8688337fbf462cb15',
  },
  {
    digest: 'sha512',
    salt: 'ff'.repeat(130),
    id: 1,
    iterations: 3,
    keyLength: 200,
    key: '913ba7a21d377db691a49e8d45c90c5073ccda51b52fef36f334dbd6a43bd1cb0789e057383d1e2771e6822fc3300fae6bee7ba0e0c47bd854fe3a63238da6765ac80fc94135e3b1be3a8a8c75486a69d1d04c01e1ca272260c8e21b526f1b97f27716caa72e5b808418a86ee78bd07bf883f58c1fd54daa6ecc04539c97b513c48694cc5709c1283dc19cce369332c532cd83528b8e6b15a0df3db00ef36ffde2a1e559ced63ea783aaa84b9b6a0d714e13b900a4156589a2e497756d03ff762681dbf59eeffa9e',
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

  it('leaves password and salt as they are', async () => {
    const [password, salt] = [Secret.fromText('smeg'), Uint8Array.of(1, 2, 3)];
    for (const iterations of [1, 100_000]) {
      await pkcs12Kdf({ digest: 'sha512', password, salt, id: 3, iterations, keyLength: 64 });
    }
    expect(password.text()).toBe('smeg');
    expect(salt).toEqual(Uint8Array.of(1, 2, 3));
  });
});

/** Whether the event loop took a turn before the key was there. */
async function givesWay(digest: DigestName, iterations: number, keyLength: number): Promise<boolean> {
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  await pkcs12Kdf({
    ...{ digest, iterations, keyLength, id: 1, salt: new Uint8Array(8) },
    password: Secret.fromText('smeg'),
  });
  return turned;
}

describe('where pkcs12Kdf runs', () => {
  it.each([
    ['sha1', 4_096, 20],
    ['sha1', 2_048, 24],
    ['sha512', 4_096, 64],
  ] as const)('on the calling thread: %s, %i iterations, %i bytes', async (digest, iterations, keyLength) => {
    expect(await givesWay(digest, iterations, keyLength)).toBe(false);
  });

  it.each([
    ['sha1', 1_000_000, 20],
    ['sha512', 500_000, 64],
    ['sha256', 4_096, 32 * 100],
  ] as const)('in a worker: %s, %i iterations, %i bytes', async (digest, iterations, keyLength) => {
    expect(await givesWay(digest, iterations, keyLength)).toBe(true);
  });
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
