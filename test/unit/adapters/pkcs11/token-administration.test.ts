import { describe, expect, it } from 'vitest';
import { keyId } from '#adapters/pkcs11/named-keys.ts';
import {
  challengeTokenKey,
  initializeBlankToken,
  listSlots,
  listTokenKeys,
  probe,
  type TokenLogin,
} from '#adapters/pkcs11/token-administration.ts';
import { makeKeyPair } from '#crypto/key-pair.ts';
import { ProviderError } from '#domain/errors.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { Secret } from '#domain/secret.ts';
import { encryptionContext, identityContext, present } from '#test/contract/key-provider-subject.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { useTroubledToken } from './trouble.ts';

const pinOf = (text: string) => async () => Secret.fromText(text);

describe('the administration of a token', () => {
  const trouble = useTroubledToken();
  const library = () => ({ module: trouble.token.module, environment: trouble.token.environment });
  const login = (): TokenLogin => ({
    ...library(),
    token: trouble.token.token,
    pin: pinOf(trouble.store.pin),
  });

  it('lists the slots of a library without logging in', async () => {
    const { library: facts, slots } = await listSlots(library());
    expect(facts.manufacturer).toBe('SoftHSM');
    expect(slots.map(({ token }) => token?.initialized)).toEqual([true, false]);
    expect(slots[0]?.token).toMatchObject({ label: 'contract', pinInitialized: true, pinState: 'ok' });
    expect(trouble.token.calls('C_Login')).toBe(0);
  });

  it('initializes a blank token, and never one that has keys', async () => {
    const settings = { label: 'second', pin: pinOf('2222'), soPin: pinOf('22222222') };
    const { slot, token } = await initializeBlankToken(library(), settings);
    expect(token).toMatchObject({ label: 'second', initialized: true, pinInitialized: true });
    const again = { ...settings, label: 'third', slot };
    expect(await outcomeOf(initializeBlankToken(library(), again))).toBe('provider-misconfigured');
    expect(await outcomeOf(initializeBlankToken(library(), settings))).toBe('provider-misconfigured');
    expect(await listTokenKeys({ ...login(), token: { label: 'second' }, pin: pinOf('2222') })).toEqual([]);
  });

  it('erases a PIN that it was given where it does not get the other', async () => {
    const pin = Secret.fromText('2222');
    const soPin = async () => {
      throw new ProviderError('provider-misconfigured', { field: 'pin' });
    };
    const settings = { label: 'second', pin: async () => pin, soPin };
    expect(await outcomeOf(initializeBlankToken(library(), settings))).toBe('provider-misconfigured');
    expect(pin.bytes()).toEqual(new Uint8Array(4));
  });

  it('lists keys with what is known of each, and tells made from imported ones', async () => {
    const provider = await trouble.open();
    await present(provider.residentKeys).generate('made', 'ECC_NIST_P256', identityContext);
    const { privateKey } = await makeKeyPair('ECC_NIST_P384');
    await present(provider.importableKeys).importKey(
      'imported',
      'ECC_NIST_P384',
      privateKey,
      encryptionContext,
    );
    const keys = await listTokenKeys(login());
    const find = (name: string) => keys.find(({ id }) => id === keyId(name).toString('hex'));
    expect(find('made')).toMatchObject({
      label: 'caUserCert_keyPair',
      spec: 'ECC_NIST_P256',
      ...{ sensitive: true, extractable: false, alwaysSensitive: true, neverExtractable: true },
      madeInToken: true,
    });
    expect(find('imported')).toMatchObject({
      label: 'caEncryption_keyPair',
      spec: 'ECC_NIST_P384',
      ...{ sensitive: true, extractable: false, alwaysSensitive: false, neverExtractable: false },
      madeInToken: false,
    });
    // None of the service's own can be taken out either.
    expect(keys.filter(({ extractable }) => extractable !== false)).toEqual([]);
  });

  it('shows that the token itself refuses to give a key up', async () => {
    const provider = await trouble.open();
    await present(provider.residentKeys).generate('made', 'RSA_2048', identityContext);
    const answers = await challengeTokenKey(login(), keyId('made').toString('hex'));
    expect(answers.filter(({ refused }) => !refused)).toEqual([]);
    expect(Object.fromEntries(answers.map(({ attempt, answer }) => [attempt, answer]))).toMatchObject({
      'read CKA_PRIVATE_EXPONENT': 'CKR_ATTRIBUTE_SENSITIVE',
      'wrap it by CKM_AES_KEY_WRAP_PAD': 'CKR_KEY_UNEXTRACTABLE',
      'set CKA_EXTRACTABLE true': 'CKR_ATTRIBUTE_READ_ONLY',
    });
    expect(await outcomeOf(challengeTokenKey(login(), 'ab'))).toBe('key-not-found');
  });

  it('probes everything with keys that are thrown away', { timeout: 120_000 }, async () => {
    const before = await listTokenKeys(login());
    const report = await probe(login());
    expect(report.missing).toEqual([]);
    expect(report.slot.token?.label).toBe('contract');
    expect(report.needs.filter(({ tried, works }) => tried && works).length).toBe(report.needs.length);
    for (const spec of keySpecNames) {
      expect(
        report.needs.some(({ need }) => need.includes(spec)),
        spec,
      ).toBe(true);
    }
    expect(await listTokenKeys(login())).toEqual(before);
  });

  it('tries a wrong PIN once', async () => {
    const wrong = { ...login(), pin: pinOf('00000000') };
    await expect(listTokenKeys(wrong)).rejects.toMatchObject({
      code: 'provider-misconfigured',
      details: { field: 'pin' },
    });
    expect(trouble.token.calls('C_Login')).toBe(1);
  });

  it('never tries an empty PIN', async () => {
    const empty = { ...login(), pin: pinOf('') };
    for (const ask of [listTokenKeys, probe, (each: TokenLogin) => challengeTokenKey(each, 'ab')]) {
      await expect(ask(empty)).rejects.toMatchObject({
        code: 'provider-misconfigured',
        message: 'pin: is empty',
      });
    }
    const settings = { label: 'third', pin: pinOf('2222'), soPin: pinOf('') };
    await expect(initializeBlankToken(library(), settings)).rejects.toThrow('soPin: is empty');
    expect(trouble.token.calls('C_Login')).toBe(0);
    expect(trouble.token.calls('C_InitToken')).toBe(0);
  });

  it('says so when the library crashes while it is looked at', async () => {
    trouble.token.tell('C_GetSlotList: crash');
    await expect(listSlots(library())).rejects.toMatchObject({
      code: 'provider-unavailable',
      message: expect.stringContaining('ended unexpectedly'),
    });
  });
});
