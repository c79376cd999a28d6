import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attributes, objectClasses } from '#adapters/pkcs11/constants.ts';
import { mechanisms } from '#adapters/pkcs11/mechanisms.ts';
import { keyId } from '#adapters/pkcs11/named-keys.ts';
import { readAttribute, readFlag, type TokenSession } from '#adapters/pkcs11/operations.ts';
import type { Pkcs11Provider } from '#adapters/pkcs11/pkcs11-provider.ts';
import { template } from '#adapters/pkcs11/templates.ts';
import { type SoftHsmStore, softHsmStore } from '#test/contract/key-provider-stores.ts';
import { encryptionContext, identityContext, present } from '#test/contract/key-provider-subject.ts';
import { only, returnValue, withRawToken } from './raw-token.ts';

const { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_SECRET_KEY } = objectClasses;
const secretKeyUsages = ['CKA_ENCRYPT', 'CKA_DECRYPT', 'CKA_WRAP', 'CKA_UNWRAP', 'CKA_SIGN'] as const;
const privateKeyUsages = ['CKA_DECRYPT', 'CKA_UNWRAP', 'CKA_SIGN', 'CKA_DERIVE'] as const;

/** What a key may be used for. */
function usagesOf(token: TokenSession, key: Buffer, usages: readonly (keyof typeof attributes)[]): string[] {
  return usages.filter((name) => readFlag(token, key, attributes[name]));
}

describe('what stands in the token', () => {
  let store: SoftHsmStore;
  let provider: Pkcs11Provider;
  let residentPublicKey: Uint8Array;

  beforeAll(async () => {
    store = await softHsmStore();
    provider = await store.open();
    const resident = present(provider.residentKeys);
    residentPublicKey = await resident.generate('signer', 'ECC_NIST_P256', identityContext);
    await resident.generate('opener', 'RSA_2048', encryptionContext);
    await present(provider.exportableKeys).generate('ECC_NIST_P256', encryptionContext);
  });
  afterAll(async () => {
    await provider.close();
    await store.remove();
  });

  const resident = (token: TokenSession, name = 'signer') =>
    only(token, { CKA_CLASS: CKO_PRIVATE_KEY, CKA_ID: keyId(name) });
  const custodyKey = (token: TokenSession) => only(token, { CKA_LABEL: 'escrow-custody' });

  it.each([
    ['escrow-custody', ['CKA_WRAP', 'CKA_UNWRAP']],
    ['escrow-mac', ['CKA_SIGN']],
    ['escrow-binding', ['CKA_SIGN']],
  ])('the key %s may be used for %j alone, and never leaves', async (label, expected) => {
    await withRawToken(store, (token) => {
      const key = only(token, { CKA_CLASS: CKO_SECRET_KEY, CKA_LABEL: label });
      expect(usagesOf(token, key, secretKeyUsages)).toEqual(expected);
      expect(readFlag(token, key, attributes.CKA_NEVER_EXTRACTABLE)).toBe(true);
      expect(readFlag(token, key, attributes.CKA_ALWAYS_SENSITIVE)).toBe(true);
    });
  });

  it('a resident key has the label of its purpose, and has never been out', async () => {
    await withRawToken(store, (token) => {
      const labels = ['signer', 'opener'].map((name) =>
        readAttribute(token, resident(token, name), attributes.CKA_LABEL).toString(),
      );
      expect(labels).toEqual(['caUserCert_keyPair', 'caEncryption_keyPair']);
      expect(readFlag(token, resident(token), attributes.CKA_NEVER_EXTRACTABLE)).toBe(true);
      expect(readFlag(token, resident(token), attributes.CKA_ALWAYS_SENSITIVE)).toBe(true);
    });
  });

  it('only a resident key for encryption decrypts', async () => {
    await withRawToken(store, (token) => {
      const usages = (name: string) => usagesOf(token, resident(token, name), privateKeyUsages);
      expect(usages('signer')).toEqual(['CKA_SIGN']);
      expect(usages('opener')).toEqual(['CKA_DECRYPT', 'CKA_SIGN']);
    });
  });

  it('a resident key is not wrapped, for whoever has the PIN', async () => {
    await withRawToken(store, async (token) => {
      const wrap = () =>
        token.cryptoki.C_WrapKeyAsync(
          token.session,
          { mechanism: mechanisms.CKM_AES_KEY_WRAP_PAD },
          custodyKey(token),
          resident(token),
          Buffer.alloc(8_192),
        );
      expect(await returnValue(wrap)).toBe('CKR_KEY_UNEXTRACTABLE');
    });
  });

  it('a resident key does not become extractable or readable', async () => {
    await withRawToken(store, async (token) => {
      const { cryptoki, session } = token;
      const set = (values: Parameters<typeof template>[0]) =>
        returnValue(() => cryptoki.C_SetAttributeValue(session, resident(token), template(values)));
      expect(await set({ CKA_EXTRACTABLE: true })).toBe('CKR_ATTRIBUTE_READ_ONLY');
      expect(await set({ CKA_SENSITIVE: false })).toBe('CKR_ATTRIBUTE_READ_ONLY');
      const read = () => readAttribute(token, resident(token), attributes.CKA_VALUE);
      expect(await returnValue(read)).toBe('CKR_ATTRIBUTE_SENSITIVE');
    });
  });

  it('nothing of an exportable key stays', async () => {
    await withRawToken(store, (token) => {
      const { cryptoki, session } = token;
      cryptoki.C_FindObjectsInit(session, template({ CKA_TOKEN: false }));
      const left = cryptoki.C_FindObjects(session, 10);
      cryptoki.C_FindObjectsFinal(session);
      expect(left).toEqual([]);
    });
  });

  it('discarding a resident key destroys both halves', async () => {
    const keys = present(provider.residentKeys);
    await keys.generate('gone', 'ECC_NIST_P256', identityContext);
    const halves = (token: TokenSession) =>
      [CKO_PRIVATE_KEY, CKO_PUBLIC_KEY].map((CKA_CLASS) => {
        const { cryptoki, session } = token;
        cryptoki.C_FindObjectsInit(session, template({ CKA_CLASS, CKA_ID: keyId('gone') }));
        const found = cryptoki.C_FindObjects(session, 10).length;
        cryptoki.C_FindObjectsFinal(session);
        return found;
      });
    expect(await withRawToken(store, halves)).toEqual([1, 1]);
    await keys.discard('gone');
    expect(await withRawToken(store, halves)).toEqual([0, 0]);
  });

  it('is what OpenSC sees from another process', async () => {
    const run = promisify(execFile);
    const options = { env: { ...process.env, ...store.token.environment, TOKEN_PIN: store.pin } };
    const common = ['--module', store.token.module, '--token-label', 'contract'];
    const pin = ['--login', '--pin', 'env:TOKEN_PIN'];
    const { stdout } = await run(
      'pkcs11-tool',
      [...common, ...pin, '--list-objects', '--type', 'privkey'],
      options,
    );
    const listed = stdout.split('Private Key Object').find((part) => part.includes('caUserCert_keyPair'));
    expect(listed).toMatch(/ID:\s+[0-9a-f]{64}/);
    expect(listed).toMatch(/Access:\s+sensitive, always sensitive, never extractable, local/);
    const read = ['--read-object', '--type', 'pubkey', '--id', keyId('signer').toString('hex')];
    const publicKey = await run('pkcs11-tool', [...common, ...read], { ...options, encoding: 'buffer' });
    expect(publicKey.stdout).toEqual(Buffer.from(residentPublicKey));
  });
});
