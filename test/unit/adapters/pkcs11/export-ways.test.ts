import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCapabilities } from '#adapters/pkcs11/capabilities.ts';
import type { Handle } from '#adapters/pkcs11/cryptoki.ts';
import { EphemeralRsaKey } from '#adapters/pkcs11/ephemeral-rsa-key.ts';
import { type ExportWay, exportWays } from '#adapters/pkcs11/export-ways.ts';
import { keyWraps } from '#adapters/pkcs11/key-wrap.ts';
import { mechanisms } from '#adapters/pkcs11/mechanisms.ts';
import { findObjects, type TokenSession } from '#adapters/pkcs11/operations.ts';
import { ThrowAwayKeys } from '#adapters/pkcs11/throw-away-keys.ts';
import { findSlot } from '#adapters/pkcs11/token.ts';
import { finishPrivateKeyInfo } from '#adapters/private-key-info.ts';
import { privateKeyObject } from '#crypto/key-pair.ts';
import { type SoftHsmStore, softHsmStore } from '#test/contract/key-provider-stores.ts';
import { deviating } from './deviating-token.ts';
import { returnValue, withRawToken } from './raw-token.ts';
import { wrappingToken } from './wrapping-token.ts';

const { CKM_AES_KEY_GEN, CKM_RSA_PKCS_OAEP, CKM_AES_KEY_WRAP_KWP, CKM_AES_KEY_WRAP_PAD } = mechanisms;
const { CKM_AES_KWP, CKM_CLOUDHSM_AES_KEY_WRAP_ZERO_PAD } = mechanisms;
const ephemeralKey = new EphemeralRsaKey();

function waysWith(list: number[], numbers: number[]): ExportWay[] {
  const keyWraps = numbers.map((mechanism) => ({ mechanism }));
  return exportWays({ mechanisms: new Set(list), specs: [], keyWraps, missing: [] });
}

describe('the export ladder', () => {
  it('tries RSA-AES first, by each number of RFC 5649 with either hash, and then a transport key of ours', () => {
    const keyWraps = [CKM_AES_KEY_WRAP_KWP, CKM_AES_KEY_WRAP_PAD];
    expect(waysWith([CKM_AES_KEY_GEN, CKM_RSA_PKCS_OAEP], keyWraps).map(({ words }) => words)).toEqual([
      'CKM_RSA_PKCS_OAEP (SHA-256) to an ephemeral RSA-3072 key, and CKM_AES_KEY_WRAP_KWP',
      'CKM_RSA_PKCS_OAEP (SHA-1) to an ephemeral RSA-3072 key, and CKM_AES_KEY_WRAP_KWP',
      'CKM_RSA_PKCS_OAEP (SHA-256) to an ephemeral RSA-3072 key, and CKM_AES_KEY_WRAP_PAD',
      'CKM_RSA_PKCS_OAEP (SHA-1) to an ephemeral RSA-3072 key, and CKM_AES_KEY_WRAP_PAD',
      'a transport key brought into the token, and CKM_AES_KEY_WRAP_KWP',
      'a transport key brought into the token, and CKM_AES_KEY_WRAP_PAD',
    ]);
  });

  it('has the second rung alone without OAEP, and none without RFC 5649', () => {
    expect(waysWith([CKM_AES_KEY_GEN], [CKM_AES_KEY_WRAP_PAD]).map(({ rung }) => rung)).toEqual([2]);
    expect(waysWith([CKM_AES_KEY_GEN, CKM_RSA_PKCS_OAEP], [])).toEqual([]);
  });
});

describe('on a token with mechanisms that SoftHSM lacks (a double: not tried on hardware)', () => {
  const key = Buffer.from('a private key, as the token encodes it');

  it.each([
    [CKM_AES_KEY_WRAP_KWP, 'sha256', 0],
    [CKM_AES_KEY_WRAP_KWP, 'sha1', 1],
    [CKM_AES_KWP, 'sha256', 0],
    [CKM_CLOUDHSM_AES_KEY_WRAP_ZERO_PAD, 'sha256', 0],
  ])('RSA-AES opens by mechanism %i and OAEP with %s', async (keyWrap, hash, index) => {
    const { token, add, objects, wrapped } = wrappingToken(keyWrap, [hash]);
    const privateKey = add([{ type: 0x11, value: key }]);
    const way = waysWith([CKM_AES_KEY_GEN, CKM_RSA_PKCS_OAEP], [keyWrap])[index];
    expect(Buffer.from((await way?.take(token, privateKey, ephemeralKey)) ?? [])).toEqual(key);
    // As CKM_RSA_AES_KEY_WRAP: first the AES key under RSA-3072, then the key under the AES key (PKCS#11 3.0 section 2.1.21).
    expect(wrapped.map(({ length }) => length)).toEqual([384, 48]);
    expect(objects.size).toBe(1);
  });

  it('the initial value is the parameter that the token is given, or none', async () => {
    const { token, add } = wrappingToken(CKM_AES_KWP, []);
    const given: unknown[] = [];
    const cryptoki = deviating(token.cryptoki, () => (real) => ({
      C_WrapKeyAsync: async (session, mechanism, ...operands) => {
        given.push(mechanism.parameter);
        return real.C_WrapKeyAsync(session, mechanism, ...operands);
      },
    }));
    const forms = keyWraps.filter(({ mechanism }) => mechanism === CKM_AES_KWP);
    const ways = exportWays({ mechanisms: new Set(), specs: [], keyWraps: forms, missing: [] });
    const privateKey = add([{ type: 0x11, value: key }]);
    for (const way of ways) await way.take({ ...token, cryptoki }, privateKey, ephemeralKey);
    expect(given).toEqual([undefined, Buffer.from('a65959a6', 'hex')]);
  });

  it('a transport key of ours opens by each number of RFC 5649', async () => {
    for (const keyWrap of [CKM_AES_KEY_WRAP_KWP, CKM_AES_KWP, CKM_CLOUDHSM_AES_KEY_WRAP_ZERO_PAD]) {
      const { token, add, objects } = wrappingToken(keyWrap, []);
      const privateKey = add([{ type: 0x11, value: key }]);
      const [way] = waysWith([CKM_AES_KEY_GEN], [keyWrap]);
      expect(Buffer.from((await way?.take(token, privateKey, ephemeralKey)) ?? [])).toEqual(key);
      expect(objects.size).toBe(1);
    }
  });

  it('leaves nothing where the token refuses in the middle', async () => {
    const { token, add, objects } = wrappingToken(CKM_AES_KEY_WRAP_KWP, ['sha256']);
    const privateKey = add([{ type: 0x11, value: key }]);
    const [, otherHash] = waysWith([CKM_AES_KEY_GEN, CKM_RSA_PKCS_OAEP], [CKM_AES_KEY_WRAP_KWP]);
    const [otherNumber] = waysWith([CKM_AES_KEY_GEN, CKM_RSA_PKCS_OAEP], [CKM_AES_KEY_WRAP_PAD]);
    for (const way of [otherHash, otherNumber]) {
      expect(await returnValue(() => way?.take(token, privateKey, ephemeralKey))).toBe(
        'CKR_MECHANISM_PARAM_INVALID',
      );
      expect(objects.size).toBe(1);
    }
  });
});

describe('on SoftHSM', () => {
  let store: SoftHsmStore;
  beforeAll(async () => {
    store = await softHsmStore();
  });
  afterAll(() => store.remove());

  const onKey = (
    spec: 'ECC_NIST_P256' | 'RSA_2048',
    work: (token: TokenSession, privateKey: Handle, ways: ExportWay[], spki: Uint8Array) => Promise<void>,
  ) =>
    withRawToken(store, async (token) => {
      const keys = new ThrowAwayKeys(token);
      const pair = await keys.pair(spec, 'encryption', false);
      const before = findObjects(token, []).length;
      const slot = findSlot(token.cryptoki, store.token.token);
      const ways = exportWays(readCapabilities(token.cryptoki, slot));
      await work(token, pair.privateKey, ways, pair.publicKeyInfo);
      expect(findObjects(token, []).length).toBe(before);
      keys.destroy();
    });

  it.each(['ECC_NIST_P256', 'RSA_2048'] as const)(
    'each way takes out a key of spec %s, but for OAEP with SHA-256, and leaves nothing',
    (spec) =>
      onKey(spec, async (token, privateKey, ways, spki) => {
        const results: string[] = [];
        for (const way of ways) {
          results.push(
            await returnValue(async () => {
              const taken = finishPrivateKeyInfo(await way.take(token, privateKey, ephemeralKey));
              const publicKey = createPublicKey(privateKeyObject(taken));
              expect(publicKey.export({ format: 'der', type: 'spki' })).toEqual(Buffer.from(spki));
            }),
          );
        }
        expect(ways.map(({ rung }) => rung)).toEqual([1, 1, 2]);
        expect(results).toEqual(['CKR_ARGUMENTS_BAD', 'CKR_OK', 'CKR_OK']);
      }),
  );

  it('no way takes out a key that is made to stay', () =>
    withRawToken(store, async (token) => {
      const keys = new ThrowAwayKeys(token);
      const { privateKey } = await keys.pair('ECC_NIST_P256', 'identity', true);
      const slot = findSlot(token.cryptoki, store.token.token);
      const [, rsaAes, brought] = exportWays(readCapabilities(token.cryptoki, slot));
      const results = [rsaAes, brought].map((way) =>
        returnValue(() => way?.take(token, privateKey, ephemeralKey)),
      );
      expect(await Promise.all(results)).toEqual(['CKR_KEY_UNEXTRACTABLE', 'CKR_KEY_UNEXTRACTABLE']);
      keys.destroy();
    }));
});
