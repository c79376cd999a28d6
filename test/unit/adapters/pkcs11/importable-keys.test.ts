import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type KeyFacts, listKeys } from '#adapters/pkcs11/list-keys.ts';
import { loadBinding } from '#adapters/pkcs11/module.ts';
import { keyId } from '#adapters/pkcs11/named-keys.ts';
import { findObjects } from '#adapters/pkcs11/operations.ts';
import { template } from '#adapters/pkcs11/templates.ts';
import { openTokenProvider, type TokenProvider } from '#adapters/pkcs11/token-provider.ts';
import { makeKeyPair } from '#crypto/key-pair.ts';
import { spkiSha256, verifySignature } from '#crypto/public-key.ts';
import { type KeySpec, signaturesOf } from '#domain/key-spec.ts';
import { Secret } from '#domain/secret.ts';
import { type SoftHsmStore, softHsmStore } from '#test/contract/key-provider-stores.ts';
import { encryptionContext, identityContext, present } from '#test/contract/key-provider-subject.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { type Deviation, deviating } from './deviating-token.ts';
import { withRawToken } from './raw-token.ts';

const message = Buffer.from('message');

describe('keys that are imported into a token', () => {
  let store: SoftHsmStore;
  let provider: TokenProvider | undefined;
  let deviation: Deviation = () => ({});
  beforeAll(async () => {
    const made = await softHsmStore();
    // A library is loaded once a process by its path, and the store loaded its own as it is.
    const module = join(made.folder, 'deviating.so');
    await copyFile(made.token.module, module);
    store = { ...made, token: { ...made.token, module } };
  });
  afterEach(async () => {
    await provider?.close();
    provider = undefined;
  });
  afterAll(() => store.remove());

  /** Opens the provider; what the library does otherwise, it does once the provider is open. */
  async function open(otherwise: Deviation = () => ({})): Promise<TokenProvider> {
    deviation = () => ({});
    const load = await loadBinding();
    const binding = async () => (file: string) => deviating(load(file), () => deviation);
    provider = await openTokenProvider({ ...store.token, pin: Secret.fromText(store.pin), binding });
    deviation = otherwise;
    return provider;
  }
  const keysOf = (name: string): Promise<KeyFacts[]> =>
    withRawToken(store, (token) => listKeys(token).filter(({ id }) => id === keyId(name).toString('hex')));
  const objectsOf = (name: string) =>
    withRawToken(store, (token) => findObjects(token, template({ CKA_ID: keyId(name) })).length);

  it.each<KeySpec>(['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_P521'])(
    'work as resident keys: %s',
    async (spec) => {
      const { residentKeys, importableKeys } = await open();
      const pair = await makeKeyPair(spec);
      const name = `recovered.${spec}`;
      const publicKey = await present(importableKeys).importKey(
        name,
        spec,
        pair.privateKey,
        encryptionContext,
      );
      expect(publicKey).toEqual(pair.publicKey);
      for (const algorithm of signaturesOf(spec)) {
        const signature = await present(residentKeys).sign(name, algorithm, message);
        expect(verifySignature(publicKey, algorithm, message, signature)).toBe(true);
      }
    },
  );

  it('are listed as what they are: never to leave, and once outside', async () => {
    const { residentKeys, importableKeys } = await open();
    const { publicKey, privateKey } = await makeKeyPair('RSA_2048');
    await present(importableKeys).importKey('brought', 'RSA_2048', privateKey, encryptionContext);
    const made = await present(residentKeys).generate('made', 'ECC_NIST_P256', identityContext);
    const common = { kind: 'private', sensitive: true, extractable: false } as const;
    expect(await keysOf('brought')).toEqual([
      {
        ...common,
        id: keyId('brought').toString('hex'),
        label: 'caEncryption_keyPair',
        type: 'RSA',
        spec: 'RSA_2048',
        publicKeySha256: spkiSha256(publicKey),
        alwaysSensitive: false,
        neverExtractable: false,
        madeInToken: false,
        uses: ['sign', 'decrypt'],
      },
    ]);
    expect(await keysOf('made')).toEqual([
      {
        ...common,
        id: keyId('made').toString('hex'),
        label: 'caUserCert_keyPair',
        type: 'EC',
        spec: 'ECC_NIST_P256',
        publicKeySha256: spkiSha256(made),
        alwaysSensitive: true,
        neverExtractable: true,
        madeInToken: true,
        uses: ['sign'],
      },
    ]);
  });

  it.each<KeySpec>(['RSA_2048', 'ECC_NIST_P256'])('may do what they would if made here: %s', async (spec) => {
    const { residentKeys, importableKeys } = await open();
    for (const context of [identityContext, encryptionContext]) {
      const { privateKey } = await makeKeyPair(spec);
      const [brought, made] = [`${context.purpose}.brought.${spec}`, `${context.purpose}.made.${spec}`];
      await present(importableKeys).importKey(brought, spec, privateKey, context);
      await present(residentKeys).generate(made, spec, context);
      const [ofBrought, ofMade] = [await keysOf(brought), await keysOf(made)];
      expect(ofBrought.map(({ uses }) => uses)).toEqual(ofMade.map(({ uses }) => uses));
    }
  });

  it('take no name that is taken, and give none that resident keys could take', async () => {
    const { residentKeys, importableKeys } = await open();
    const { privateKey } = await makeKeyPair('ECC_NIST_P256');
    const bring = () =>
      present(importableKeys).importKey('once', 'ECC_NIST_P256', privateKey, identityContext);
    expect(await Promise.all([outcomeOf(bring()), outcomeOf(bring())])).toEqual(['done', 'already-exists']);
    const made = present(residentKeys).generate('once', 'ECC_NIST_P256', identityContext);
    expect(await outcomeOf(made)).toBe('already-exists');
    expect(await objectsOf('once')).toBe(2);
    await present(residentKeys).discard('once');
    expect(await objectsOf('once')).toBe(0);
  });

  it.each<[string, Deviation]>([
    [
      'says that it keeps the key, and does not',
      (real) => ({
        C_GetAttributeValue: (session, object, wanted) =>
          wanted.some(({ type }) => type === 0x162)
            ? [{ value: Buffer.of(1) }]
            : real.C_GetAttributeValue(session, object, wanted),
      }),
    ],
    [
      'signs with another key',
      (real) => ({
        C_Sign: (...operands) => real.C_Sign(...operands).fill(1),
        C_SignAsync: async (...operands) => (await real.C_SignAsync(...operands)).fill(1),
      }),
    ],
    [
      'refuses the public half',
      (real) => ({
        C_CreateObject: (session, given) => {
          if (given.some(({ type, value }) => type === 0 && value === 2))
            throw new Error('CKR_TEMPLATE_INCONSISTENT');
          return real.C_CreateObject(session, given);
        },
      }),
    ],
  ])('are not there when the token %s', async (_, otherwise) => {
    const { importableKeys } = await open(otherwise);
    const { privateKey } = await makeKeyPair('ECC_NIST_P256');
    const bring = present(importableKeys).importKey('refused', 'ECC_NIST_P256', privateKey, identityContext);
    expect(await outcomeOf(bring)).toBe('provider-incapable');
    deviation = () => ({});
    expect(await objectsOf('refused')).toBe(0);
    expect(await withRawToken(store, (token) => findObjects(token, template({ CKA_TOKEN: false })))).toEqual(
      [],
    );
  });

  it('are keys of the spec that is named, or nothing happens', async () => {
    const { importableKeys } = await open();
    const { privateKey } = await makeKeyPair('ECC_NIST_P256');
    const as = (spec: KeySpec, bytes: Secret) =>
      outcomeOf(present(importableKeys).importKey('other', spec, bytes, identityContext));
    expect(await as('ECC_NIST_P384', privateKey)).toBe('invalid-input');
    expect(await as('ECC_NIST_P256', Secret.fromText('no key'))).toBe('invalid-input');
    expect(await objectsOf('other')).toBe(0);
  });
});
