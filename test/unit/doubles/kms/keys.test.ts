import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wrapKeyMaterial } from '#adapters/kms/key-material.ts';
import { makeKeyPair } from '#crypto/key-pair.ts';
import { doubleAndClient, errorOf, signingKey } from './client.ts';

const day = 86_400_000;
const Plaintext = Buffer.from('a private key');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'escrow-kms-double-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('ciphertexts of the stand-in', () => {
  it('open under the same context in any order, and under no other', async () => {
    const { kms } = await doubleAndClient();
    const KeyId = (await kms.createKey({})).KeyMetadata?.Arn ?? '';
    const context = { organization: 'acme', purpose: 'identity' };
    const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext, EncryptionContext: context });
    const open = (EncryptionContext?: Record<string, string>) =>
      kms.decrypt({ CiphertextBlob, ...(EncryptionContext === undefined ? {} : { EncryptionContext }) });
    const opened = await open({ purpose: 'identity', organization: 'acme' });
    expect(Buffer.from(opened.Plaintext ?? []).equals(Plaintext)).toBe(true);
    const others = [
      undefined,
      { organization: 'acme' },
      { ...context, more: '' },
      { ...context, purpose: 'x' },
    ];
    for (const other of others) expect(await errorOf(open(other))).toBe('InvalidCiphertextException');
  });

  it('say under which key they are', async () => {
    const { kms } = await doubleAndClient();
    const KeyId = (await kms.createKey({})).KeyMetadata?.Arn ?? '';
    const other = (await kms.createKey({})).KeyMetadata?.Arn ?? '';
    const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
    expect(await errorOf(kms.decrypt({ CiphertextBlob, KeyId: other }))).toBe('IncorrectKeyException');
    expect(await errorOf(kms.decrypt({ CiphertextBlob: Buffer.from('no ciphertext') }))).toBe(
      'InvalidCiphertextException',
    );
  });

  it('are of 1 to 4,096 bytes', async () => {
    const { kms } = await doubleAndClient();
    const KeyId = (await kms.createKey({})).KeyMetadata?.Arn ?? '';
    for (const length of [0, 4_097]) {
      const call = kms.encrypt({ KeyId, Plaintext: new Uint8Array(length) });
      expect(await errorOf(call)).toBe('ValidationException');
    }
  });
});

describe('keys of the stand-in', () => {
  it('are used while they are enabled only', async () => {
    const { kms } = await doubleAndClient();
    const KeyId = (await kms.createKey({})).KeyMetadata?.Arn ?? '';
    const use = () => errorOf(kms.encrypt({ KeyId, Plaintext }));
    await kms.disableKey({ KeyId });
    expect(await use()).toBe('DisabledException');
    await kms.enableKey({ KeyId });
    expect(await use()).toBe('done');
    await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
    expect(await use()).toBe('KMSInvalidStateException');
    for (const change of [
      kms.enableKey({ KeyId }),
      kms.disableKey({ KeyId }),
      kms.scheduleKeyDeletion({ KeyId }),
    ]) {
      expect(await errorOf(change)).toBe('KMSInvalidStateException');
    }
    await kms.cancelKeyDeletion({ KeyId });
    expect(await use()).toBe('DisabledException');
  });

  it('are gone when their window has passed, and their aliases with them', async () => {
    let now = Date.now();
    const { kms } = await doubleAndClient({ now: () => now });
    const KeyId = (await kms.createKey({})).KeyMetadata?.Arn ?? '';
    await kms.createAlias({ AliasName: 'alias/mine', TargetKeyId: KeyId });
    expect(await errorOf(kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 6 }))).toBe(
      'ValidationException',
    );
    await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
    now += 7 * day - 1;
    expect((await kms.describeKey({ KeyId: 'alias/mine' })).KeyMetadata?.KeyState).toBe('PendingDeletion');
    now += 1;
    expect(await errorOf(kms.describeKey({ KeyId: 'alias/mine' }))).toBe('NotFoundException');
    expect(await errorOf(kms.describeKey({ KeyId }))).toBe('NotFoundException');
  });

  it('are changed by id or ARN, never by alias', async () => {
    const { kms } = await doubleAndClient();
    const TargetKeyId = (await kms.createKey({})).KeyMetadata?.KeyId ?? '';
    await kms.createAlias({ AliasName: 'alias/mine', TargetKeyId });
    expect(await errorOf(kms.scheduleKeyDeletion({ KeyId: 'alias/mine' }))).toBe('NotFoundException');
    expect(await errorOf(kms.createAlias({ AliasName: 'alias/mine', TargetKeyId }))).toBe(
      'AlreadyExistsException',
    );
    expect(await errorOf(kms.createAlias({ AliasName: 'alias/a.b', TargetKeyId }))).toBe(
      'InvalidAliasNameException',
    );
    await kms.deleteAlias({ AliasName: 'alias/mine' });
    expect(await errorOf(kms.deleteAlias({ AliasName: 'alias/mine' }))).toBe('NotFoundException');
  });

  it('have one usage that their spec can have', async () => {
    const { kms } = await doubleAndClient();
    const call = kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'ENCRYPT_DECRYPT' });
    expect(await errorOf(call)).toBe('ValidationException');
    const hmac = await kms.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const KeyId = hmac.KeyMetadata?.Arn;
    expect(await errorOf(kms.getPublicKey({ KeyId }))).toBe('UnsupportedOperationException');
    expect(await errorOf(kms.encrypt({ KeyId, Plaintext }))).toBe('InvalidKeyUsageException');
  });

  it('are tagged in the characters that AWS takes', async () => {
    const { kms } = await doubleAndClient();
    const tagged = (TagValue: string) => kms.createKey({ Tags: [{ TagKey: 'name', TagValue }] });
    const { KeyMetadata: key } = await tagged('ok: a/b@c');
    await kms.tagResource({ KeyId: key?.KeyId, Tags: [{ TagKey: 'more', TagValue: '1' }] });
    const { Tags } = await kms.listResourceTags({ KeyId: key?.KeyId });
    expect(Tags).toEqual([
      { TagKey: 'name', TagValue: 'ok: a/b@c' },
      { TagKey: 'more', TagValue: '1' },
    ]);
    expect(await errorOf(tagged('#'))).toBe('TagException');
  });

  it('outlive it in a folder that is its owner’s alone', async () => {
    const first = await doubleAndClient({ folder });
    const KeyId = await signingKey(first.kms, 'ECC_NIST_P256');
    await first.kms.createAlias({ AliasName: 'alias/mine', TargetKeyId: KeyId });
    await first.double.close();
    const { kms } = await doubleAndClient({ folder });
    const before = await first.double.account.find('alias/mine');
    expect((await kms.getPublicKey({ KeyId: 'alias/mine' })).KeyId).toBe(before.arn);
    for (const name of await readdir(folder, { recursive: true })) {
      expect((await stat(join(folder, name))).mode & 0o077, name).toBe(0);
    }
  });
});

describe('imports of the stand-in', () => {
  it('take material of the spec, by a token of the last day for that key, and no other material again', async () => {
    let now = Date.now();
    const { kms } = await doubleAndClient({ now: () => now });
    const made = await kms.createKey({
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'SIGN_VERIFY',
      Origin: 'EXTERNAL',
    });
    const KeyId = made.KeyMetadata?.Arn ?? '';
    expect(made.KeyMetadata?.KeyState).toBe('PendingImport');
    expect(await errorOf(kms.getPublicKey({ KeyId }))).toBe('KMSInvalidStateException');
    const input = {
      KeyId,
      WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256',
      WrappingKeySpec: 'RSA_2048',
    } as const;
    const { ImportToken, PublicKey = new Uint8Array() } = await kms.getParametersForImport(input);
    const bring = async (spec: 'ECC_NIST_P256' | 'ECC_NIST_P384') => {
      const { privateKey } = await makeKeyPair(spec);
      return {
        KeyId,
        ImportToken,
        EncryptedKeyMaterial: wrapKeyMaterial(PublicKey, privateKey),
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      } as const;
    };
    const right = await bring('ECC_NIST_P256');
    const wrong = await bring('ECC_NIST_P384');
    expect(await errorOf(kms.importKeyMaterial(wrong))).toBe('IncorrectKeyMaterialException');
    const damaged = { ...right, EncryptedKeyMaterial: right.EncryptedKeyMaterial.subarray(1) };
    expect(await errorOf(kms.importKeyMaterial(damaged))).toBe('InvalidCiphertextException');
    expect(await errorOf(kms.importKeyMaterial(right))).toBe('done');
    expect(await errorOf(kms.importKeyMaterial(right))).toBe('done');
    expect(await errorOf(kms.importKeyMaterial(await bring('ECC_NIST_P256')))).toBe(
      'IncorrectKeyMaterialException',
    );
    await kms.deleteImportedKeyMaterial({ KeyId });
    expect(await errorOf(kms.getPublicKey({ KeyId }))).toBe('KMSInvalidStateException');
    now += day + 1;
    expect(await errorOf(kms.importKeyMaterial(right))).toBe('ExpiredImportTokenException');
    const other = await kms.createKey({
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'SIGN_VERIFY',
      Origin: 'EXTERNAL',
    });
    const elsewhere = { ...right, KeyId: other.KeyMetadata?.Arn };
    expect(await errorOf(kms.importKeyMaterial(elsewhere))).toBe('InvalidImportTokenException');
  });
});
