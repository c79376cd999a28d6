import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attributes } from '#adapters/pkcs11/constants.ts';
import type { Cryptoki, Mechanism } from '#adapters/pkcs11/cryptoki.ts';
import { mechanisms } from '#adapters/pkcs11/mechanisms.ts';
import { loadBinding } from '#adapters/pkcs11/module.ts';
import { openTokenProvider } from '#adapters/pkcs11/token-provider.ts';
import { verifySignature } from '#crypto/public-key.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { Secret } from '#domain/secret.ts';
import { type SoftHsmStore, softHsmStore } from '#test/contract/key-provider-stores.ts';
import { encryptionContext, identityContext, present } from '#test/contract/key-provider-subject.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { type Deviation, deviating, without } from './deviating-token.ts';
import { fails } from './fake-cryptoki.ts';

/** SoftHSM does all that is needed, so a token that does not is SoftHSM behind an object that answers otherwise. */
describe('a token that lacks something', () => {
  let store: SoftHsmStore;
  let library: string;
  let deviation: Deviation;

  beforeAll(async () => {
    store = await softHsmStore();
    // A library is loaded once a process by its path, and the store loaded its own as it is.
    library = join(store.folder, 'deviating.so');
    await copyFile(store.token.module, library);
  });
  afterAll(() => store.remove());

  const binding = async () => {
    const load = await loadBinding();
    return (file: string): Cryptoki => deviating(load(file), () => deviation);
  };
  const open = (chosen: Deviation) => {
    deviation = chosen;
    const { token, environment } = store.token;
    return openTokenProvider({
      module: library,
      token,
      environment,
      pin: Secret.fromText(store.pin),
      binding,
    });
  };
  /** Opens the provider, reads what it has, and closes it. */
  async function capabilities(chosen: Deviation) {
    const provider = await open(chosen);
    const found = {
      resident: provider.residentKeys?.specs,
      exportable: provider.exportableKeys?.specs,
      importable: provider.importableKeys?.specs,
      missing: provider.describe(),
    };
    await provider.close();
    return found;
  }
  it('has every capability when nothing is lacking', async () => {
    const found = await capabilities(() => ({}));
    const specs = { resident: keySpecNames, exportable: keySpecNames, importable: keySpecNames };
    expect(found).toEqual({ ...specs, missing: [] });
  });

  it.each([
    [mechanisms.CKM_AES_KEY_WRAP_PAD, 'CKM_AES_KEY_WRAP_KWP or CKM_AES_KEY_WRAP_PAD or CKM_AES_KWP or .+'],
    [mechanisms.CKM_AES_KEY_GEN, 'CKM_AES_KEY_GEN'],
  ])('exports and imports no keys without mechanism %i, and says so', async (mechanism, names) => {
    const found = await capabilities(without(mechanism));
    expect(found).toMatchObject({ resident: keySpecNames, exportable: undefined, importable: undefined });
    expect(found.missing).toEqual([
      expect.stringMatching(`^exportable keys: the token has no ${names}$`),
      expect.stringMatching(`^imported keys: the token has no ${names}$`),
    ]);
  });

  const tried = expect.stringMatching(/^exportable keys: tried, and failed: .+/);
  const importTried = expect.stringMatching(/^imported keys: tried, and failed: .+/);
  it.each([
    ['does not wrap private keys', { C_WrapKeyAsync: async () => fails('CKR_KEY_NOT_WRAPPABLE')() }, [tried]],
    ['wraps by something else', { C_WrapKeyAsync: async () => Buffer.alloc(80, 1) }, [tried]],
    [
      'does not unwrap them',
      { C_UnwrapKeyAsync: async () => fails('CKR_FUNCTION_NOT_SUPPORTED')() },
      [tried, importTried],
    ],
    [
      'takes no key from outside',
      { C_CreateObject: fails('CKR_ATTRIBUTE_VALUE_INVALID') },
      [tried, importTried],
    ],
  ])(
    'has no exportable keys where it %s, and says what it tried',
    async (_, otherwise: Partial<Cryptoki>, missing) => {
      const found = await capabilities(() => otherwise);
      expect(found.exportable).toBeUndefined();
      expect(found.missing).toEqual(missing);
    },
  );

  it('exports under a transport key of ours where it does not wrap to a public key', async () => {
    const found = await capabilities(without(mechanisms.CKM_RSA_PKCS_OAEP));
    expect(found).toMatchObject({ exportable: keySpecNames, missing: [] });
  });

  it.each([
    ['both sizes', 4_096, 256],
    ['the smaller size only', 2_048, 384],
  ])(
    'exports to an RSA-3072 key, and is tried by a smaller one where it makes %s',
    async (_, most, bytes) => {
      const sizes: unknown[] = [];
      const provider = await open((real) => ({
        C_GetMechanismInfo: (slot, mechanism) => {
          const { maxKeySize, ...info } = real.C_GetMechanismInfo(slot, mechanism);
          return { ...info, maxKeySize: Math.min(maxKeySize, most) };
        },
        C_CreateObject: (session, template) => {
          const modulus = template.find(({ type }) => type === attributes.CKA_MODULUS)?.value;
          if (Buffer.isBuffer(modulus)) sizes.push(modulus.length);
          return real.C_CreateObject(session, template);
        },
      }));
      expect(new Set(sizes.splice(0))).toEqual(new Set([bytes]));
      await present(provider.exportableKeys).generate('ECC_NIST_P256', identityContext);
      expect(sizes).toEqual([384]);
      await provider.close();
    },
  );

  it('says that EC keys for encryption cannot be had where they may not sign, and makes the others', async () => {
    const provider = await open((real) => ({
      C_GenerateKeyPairAsync: async (session, mechanism, publicTemplate, privateTemplate) => {
        const derives = privateTemplate.some(({ type }) => type === attributes.CKA_DERIVE);
        if (derives) fails('CKR_TEMPLATE_INCONSISTENT')();
        return real.C_GenerateKeyPairAsync(session, mechanism, publicTemplate, privateTemplate);
      },
    }));
    expect(provider.describe()).toEqual([
      'resident EC keys for encryption: tried, and failed: CKR_TEMPLATE_INCONSISTENT',
    ]);
    const keys = present(provider.residentKeys);
    const forEncryption = keys.generate('refused', 'ECC_NIST_P256', encryptionContext);
    expect(await outcomeOf(forEncryption)).toBe('provider-incapable');
    expect(await outcomeOf(keys.generate('signs', 'ECC_NIST_P256', identityContext))).toBe('done');
    const leaves = present(provider.exportableKeys).generate('ECC_NIST_P256', encryptionContext);
    expect(await outcomeOf(leaves)).toBe('done');
    await provider.close();
  });

  describe('what was wrapped at rest', () => {
    /** RFC 5649 under the number that PKCS#11 3.0 gives it, as a later firmware has it. */
    const renumbered: Deviation = (real) => {
      const { CKM_AES_KEY_WRAP_PAD, CKM_AES_KEY_WRAP_KWP } = mechanisms;
      const old = ({ mechanism, ...rest }: Mechanism): Mechanism =>
        mechanism === CKM_AES_KEY_WRAP_PAD
          ? fails('CKR_MECHANISM_INVALID')()
          : { mechanism: mechanism === CKM_AES_KEY_WRAP_KWP ? CKM_AES_KEY_WRAP_PAD : mechanism, ...rest };
      return {
        C_GetMechanismList: (slot) => [...real.C_GetMechanismList(slot), CKM_AES_KEY_WRAP_KWP],
        C_WrapKeyAsync: async (session, mechanism, ...operands) =>
          real.C_WrapKeyAsync(session, old(mechanism), ...operands),
        C_UnwrapKeyAsync: async (session, mechanism, ...operands) =>
          real.C_UnwrapKeyAsync(session, old(mechanism), ...operands),
      };
    };

    it.each<[string, Deviation]>([
      ['when another rung of the ladder is taken', without(mechanisms.CKM_RSA_PKCS_OAEP)],
      ['when the token gives RFC 5649 another number', renumbered],
    ])('opens %s, before and after', async (_, otherwise) => {
      for (const [first, second] of [
        [() => ({}), otherwise],
        [otherwise, () => ({})],
      ] satisfies [Deviation, Deviation][]) {
        const before = await open(first);
        const made = await present(before.exportableKeys).generate('ECC_NIST_P256', identityContext);
        await before.close();
        expect(made.wrapped[0]).toBe(1);
        const after = await open(second);
        const again = await present(after.exportableKeys).unwrap(made.wrapped, identityContext);
        expect(again.bytes()).toEqual(made.privateKey.bytes());
        await after.close();
      }
    });
  });

  it('signs over the whole message where it refuses digests', async () => {
    const provider = await open((real) => ({
      C_SignInit: (session, mechanism, key) => {
        if (mechanism.mechanism === mechanisms.CKM_RSA_PKCS) fails('CKR_MECHANISM_INVALID')();
        real.C_SignInit(session, mechanism, key);
      },
    }));
    const keys = present(provider.residentKeys);
    const publicKey = await keys.generate('hashes', 'RSA_2048', identityContext);
    const signature = await keys.sign('hashes', 'RSA_PKCS1_SHA256', Buffer.of(1));
    expect(verifySignature(publicKey, 'RSA_PKCS1_SHA256', Buffer.of(1), signature)).toBe(true);
    await provider.close();
  });

  it('says of a kind of signature that it lacks it, and refuses it', async () => {
    const { CKM_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS } = mechanisms;
    const provider = await open(without(CKM_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS));
    expect(provider.describe()).toEqual([
      'signatures by RSA_PSS_SHA256: the token has no CKM_RSA_PKCS_PSS or CKM_SHA256_RSA_PKCS_PSS',
    ]);
    const keys = present(provider.residentKeys);
    await keys.generate('no-pss', 'RSA_2048', identityContext);
    expect(await outcomeOf(keys.sign('no-pss', 'RSA_PSS_SHA256', Buffer.of(1)))).toBe('provider-incapable');
    await provider.close();
  });

  it('does not take a failure of the moment for an inability', async () => {
    const opening = open(() => ({ C_WrapKeyAsync: async () => fails('CKR_DEVICE_ERROR')() }));
    expect(await outcomeOf(opening)).toBe('provider-unavailable');
  });

  it('makes and names the key specs that the token has, and no other', async () => {
    const found = await capabilities((real) => ({
      C_GetMechanismInfo: (slot, mechanism) => ({
        ...real.C_GetMechanismInfo(slot, mechanism),
        maxKeySize: mechanism === mechanisms.CKM_RSA_PKCS_KEY_PAIR_GEN ? 2_048 : 384,
      }),
    }));
    const specs = ['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_P384'];
    expect(found.resident).toEqual(specs);
    expect(found.exportable).toEqual(specs);
    expect(found.missing).toHaveLength(3);
  });

  it('refuses a key spec that the token has not', async () => {
    const provider = await open(without(mechanisms.CKM_RSA_PKCS_KEY_PAIR_GEN));
    const { residentKeys, exportableKeys } = provider;
    const calls = [
      present(residentKeys).generate('rsa', 'RSA_2048', identityContext),
      present(exportableKeys).generate('RSA_2048', identityContext),
    ];
    expect(await Promise.all(calls.map(outcomeOf))).toEqual(['provider-incapable', 'provider-incapable']);
    await provider.close();
  });

  it('refuses, and destroys, a key that the token did not keep inside from its making on', async () => {
    const name = 'once-outside';
    const provider = await open((real) => ({
      C_GetAttributeValue: (session, object, wanted) =>
        wanted.some(({ type }) => type === 0x164)
          ? [{ value: Buffer.of(0) }]
          : real.C_GetAttributeValue(session, object, wanted),
    }));
    const keys = present(provider.residentKeys);
    expect(await outcomeOf(keys.generate(name, 'ECC_NIST_P256', identityContext))).toBe('provider-incapable');
    expect(await outcomeOf(keys.sign(name, 'ECDSA_SHA256', Buffer.of(1)))).toBe('key-not-found');
    await provider.close();
  });

  it.each([
    ['SoftHSM v2', true],
    ['Another HSM', false],
  ])('makes the resident keys of a token of model %s one after another: %s', async (model, oneByOne) => {
    let underWay = 0;
    let most = 0;
    const provider = await open((real) => ({
      C_GetTokenInfo: (slot) => ({ ...real.C_GetTokenInfo(slot), model }),
      C_GenerateKeyPairAsync: async (...operands) => {
        underWay += 1;
        most = Math.max(most, underWay);
        const pair = await real.C_GenerateKeyPairAsync(...operands);
        underWay -= 1;
        return pair;
      },
    }));
    const keys = present(provider.residentKeys);
    const names = Array.from({ length: 4 }, (_, index) => `${model.replace(' ', '-')}-${index}`);
    await Promise.allSettled(names.map((name) => keys.generate(name, 'ECC_NIST_P256', identityContext)));
    await provider.close();
    expect(most === 1).toBe(oneByOne);
  });

  it.each([
    ['HMAC-SHA256', mechanisms.CKM_SHA256_HMAC],
    ['keys for HMAC', mechanisms.CKM_GENERIC_SECRET_KEY_GEN],
    ['keys on P-256', mechanisms.CKM_EC_KEY_PAIR_GEN],
    ['ECDSA', mechanisms.CKM_ECDSA],
  ])('cannot be used at all without %s', async (_, mechanism) => {
    expect(await outcomeOf(open(without(mechanism)))).toBe('provider-incapable');
  });
});
