import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mechanisms } from '#adapters/pkcs11/mechanisms.ts';
import { loadBinding } from '#adapters/pkcs11/module.ts';
import { findObjects } from '#adapters/pkcs11/operations.ts';
import { probeToken } from '#adapters/pkcs11/probe.ts';
import { template } from '#adapters/pkcs11/templates.ts';
import { findSlot } from '#adapters/pkcs11/token.ts';
import { openTokenProvider, type TokenProvider } from '#adapters/pkcs11/token-provider.ts';
import { makeKeyPair } from '#crypto/key-pair.ts';
import { verifySignature } from '#crypto/public-key.ts';
import { Secret } from '#domain/secret.ts';
import { type SoftHsmStore, softHsmStore } from '#test/contract/key-provider-stores.ts';
import { encryptionContext, identityContext, present } from '#test/contract/key-provider-subject.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { type Deviation, deviating, without } from './deviating-token.ts';
import { fails } from './fake-cryptoki.ts';
import { withRawToken } from './raw-token.ts';
import { useTroubledToken } from './trouble.ts';
import { cloudHsm, luna, nShield, withoutSessionPrivateKeys, yubiHsm } from './vendor-tokens.ts';

const message = Buffer.from('message');
const initialValue = Buffer.from('a65959a6', 'hex');
const noKeyWrap = expect.stringMatching(/keys: the token has no CKM_AES_KEY_WRAP_KWP or /);

describe('a token as the documents of its vendor say', () => {
  let store: SoftHsmStore;
  let provider: TokenProvider | undefined;
  beforeEach(async () => {
    const made = await softHsmStore();
    // A library is loaded once a process by its path, so that each token has one of its own.
    const module = join(made.folder, 'vendor.so');
    await copyFile(made.token.module, module);
    store = { ...made, token: { ...made.token, module } };
  });
  afterEach(async () => {
    await provider?.close();
    provider = undefined;
    await store.remove();
  });

  async function open(vendor: Deviation): Promise<TokenProvider> {
    await provider?.close();
    provider = undefined;
    const load = await loadBinding();
    const binding = async () => (file: string) => deviating(load(file), () => vendor);
    provider = await openTokenProvider({ ...store.token, pin: Secret.fromText(store.pin), binding });
    return provider;
  }
  const countOf = (label?: string) =>
    withRawToken(
      store,
      (token) => findObjects(token, label === undefined ? [] : template({ CKA_LABEL: label })).length,
    );

  const whole: string[] = [];
  const residentOnly = [noKeyWrap, noKeyWrap];
  const tried = [
    expect.stringMatching(/^exportable keys: tried, and failed: .+CKR_ATTRIBUTE_VALUE_INVALID/),
    expect.stringMatching(/^imported keys: tried, and failed: .+CKR_ATTRIBUTE_VALUE_INVALID/),
  ];
  // The service's own keys: for MACs, for binding, for custody, and a pair for receipts.
  it.each<[string, Deviation, unknown[], number]>([
    ['AWS CloudHSM', cloudHsm, whole, 5],
    ['YubiHSM 2', yubiHsm, residentOnly, 3],
    ['Entrust nShield that wants a length', nShield(true), whole, 5],
    ['Entrust nShield that wants none', nShield(false), whole, 5],
    ['Thales Luna that wants a parameter', luna(initialValue), whole, 5],
    ['Thales Luna that takes none', luna(), whole, 5],
    ['a token without private session keys', withoutSessionPrivateKeys, tried, 5],
  ])('%s serves, and holds nothing but the keys of the service', async (_, vendor, missing, objects) => {
    const first = await open(vendor);
    expect(first.describe()).toEqual(missing);
    expect(await countOf()).toBe(objects);
    const mac = await first.mac(message);
    const { residentKeys, exportableKeys, importableKeys } = first;
    for (const context of [identityContext, encryptionContext]) {
      const publicKey = await present(residentKeys).generate(context.purpose, 'ECC_NIST_P256', context);
      const signature = await present(residentKeys).sign(context.purpose, 'ECDSA_SHA256', message);
      expect(verifySignature(publicKey, 'ECDSA_SHA256', message, signature)).toBe(true);
    }
    expect([exportableKeys === undefined, importableKeys === undefined]).toEqual(
      missing.length === 0 ? [false, false] : [true, true],
    );
    const reopened = await open(vendor);
    expect(await reopened.mac(message)).toEqual(mac);
    expect(await countOf()).toBe(objects + 4);
  });

  it.each<[string, Deviation]>([
    ['AWS CloudHSM', cloudHsm],
    ['Thales Luna', luna(initialValue)],
  ])('%s lets keys out and takes keys in', async (_, vendor) => {
    const { exportableKeys, importableKeys, residentKeys } = await open(vendor);
    const made = await present(exportableKeys).generate('RSA_2048', encryptionContext);
    const again = await present(exportableKeys).unwrap(made.wrapped, encryptionContext);
    expect(again.bytes()).toEqual(made.privateKey.bytes());
    const { publicKey, privateKey } = await makeKeyPair('ECC_NIST_P384');
    await present(importableKeys).importKey('brought', 'ECC_NIST_P384', privateKey, encryptionContext);
    const signature = await present(residentKeys).sign('brought', 'ECDSA_SHA384', message);
    expect(verifySignature(publicKey, 'ECDSA_SHA384', message, signature)).toBe(true);
  });

  it.each<[string, Deviation, string]>([
    ['AWS CloudHSM', cloudHsm, 'CKM_GENERIC_SECRET_KEY_GEN (CKK_GENERIC_SECRET, CKA_VALUE_LEN)'],
    ['YubiHSM 2', yubiHsm, 'CKM_GENERIC_SECRET_KEY_GEN (CKK_SHA256_HMAC)'],
    ['Entrust nShield', nShield(true), 'CKM_NC_SHA256_HMAC_KEY_GEN (CKK_SHA256_HMAC, CKA_VALUE_LEN)'],
  ])('%s is probed, keeps nothing, and its key for HMAC is told', async (_, vendor, form) => {
    await withRawToken(store, async (token) => {
      // Without RSA keys a probe takes milliseconds.
      const quick: Deviation = (real) => {
        const vendors = vendor(real);
        const list = deviating(real, () => () => vendors);
        return { ...vendors, ...without(mechanisms.CKM_RSA_PKCS_KEY_PAIR_GEN)(list) };
      };
      const cryptoki = deviating(token.cryptoki, () => quick);
      const report = await probeToken({ ...token, cryptoki }, findSlot(cryptoki, store.token.token));
      const [hmac] = report.needs.filter(({ need }) => need.startsWith('HMAC'));
      expect(hmac).toMatchObject({ works: true, strategy: `CKM_SHA256_HMAC; key by ${form}` });
      expect(findObjects(token, [])).toEqual([]);
    });
  });

  it('says what it tried where no form of a key for HMAC works, and keeps none of them', async () => {
    const rejecting = open((real) => ({
      ...nShield(true)(real),
      C_SignInit: fails('CKR_FUNCTION_REJECTED:512'),
    }));
    await expect(rejecting).rejects.toMatchObject({
      code: 'provider-incapable',
      message: expect.stringMatching(
        /^the token makes no key for HMAC-SHA256: tried .+CKR_FUNCTION_REJECTED; .+CKR_FUNCTION_REJECTED/,
      ),
    });
    expect(await countOf()).toBe(0);
  });

  it('is refused a key that its user may not make, as a matter of permission', async () => {
    let allowed = true;
    const { residentKeys } = await open((real) => ({
      C_GenerateKeyPairAsync: async (...operands) =>
        allowed ? real.C_GenerateKeyPairAsync(...operands) : fails('CKR_FUNCTION_REJECTED:512')(),
    }));
    allowed = false;
    const making = present(residentKeys).generate('forbidden', 'ECC_NIST_P256', identityContext);
    expect(await outcomeOf(making)).toBe('provider-access-denied');
  });
});

describe('a token behind its library in a process of its own', () => {
  const trouble = useTroubledToken();

  it('has its keys made under their labels at once where it changes none', async () => {
    trouble.token.tell('C_SetAttributeValue: return CKR_FUNCTION_NOT_SUPPORTED');
    const first = await trouble.open();
    const mac = await first.mac(message);
    await first.close();
    const second = await trouble.open();
    expect(await second.mac(message)).toEqual(mac);
    expect(trouble.token.results('C_SetAttributeValue').length).toBeGreaterThan(0);
  });

  it.each(['C_SignInit', 'C_Sign'])(
    'is unavailable when %s answers with a number of its vendor',
    async (name) => {
      const provider = await trouble.open();
      trouble.token.tell(`${name}: return 0x800000e0`);
      await expect(provider.mac(message)).rejects.toMatchObject({
        code: 'provider-unavailable',
        message: expect.stringContaining('the token answered 0x800000e0'),
        cause: expect.objectContaining({ message: expect.stringContaining('CKR_VENDOR_DEFINED') }),
      });
      trouble.token.tell();
      expect(await provider.mac(message)).toHaveLength(32);
    },
  );
});
