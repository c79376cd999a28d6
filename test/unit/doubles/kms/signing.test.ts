import { createHash, createPublicKey, verify } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KMS } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKeyPair } from '#crypto/key-pair.ts';
import { signDigestByEcdsa } from '#test/doubles/kms/ecdsa.ts';
import { runProgram } from '#test/support/program.ts';
import { doubleAndClient, errorOf, signingKey } from './client.ts';

const message = Buffer.from('message');
const digest = createHash('sha256').update(message).digest();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'escrow-kms-double-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function publicKeyOf(kms: KMS, keyId: string) {
  const { PublicKey: key } = await kms.getPublicKey({ KeyId: keyId });
  return createPublicKey({ key: Buffer.from(key ?? []), format: 'der', type: 'spki' });
}

/** What OpenSSL, as a program, says of a signature over a digest. */
async function opensslVerifies(spki: string, signature: Uint8Array, options: readonly string[]) {
  const file = (name: string) => join(folder, name);
  await writeFile(file('public.pem'), spki);
  await writeFile(file('digest'), digest);
  await writeFile(file('signature'), signature);
  const { stdout } = await runProgram('openssl', [
    'pkeyutl',
    '-verify',
    ...['-pubin', '-inkey', file('public.pem'), '-in', file('digest'), '-sigfile', file('signature')],
    ...options,
  ]);
  return stdout.toString();
}

describe('the stand-in for AWS KMS signs', () => {
  it.each([
    ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', ['-pkeyopt', 'digest:sha256']],
    [
      'RSA_2048',
      'RSASSA_PSS_SHA_256',
      ['-pkeyopt', 'digest:sha256', '-pkeyopt', 'rsa_padding_mode:pss', '-pkeyopt', 'rsa_pss_saltlen:32'],
    ],
    ['ECC_NIST_P256', 'ECDSA_SHA_256', []],
  ] as const)('by %s, %s, over a digest that it does not hash again', async (spec, algorithm, options) => {
    const { kms } = await doubleAndClient();
    const keyId = await signingKey(kms, spec);
    const { Signature: signature = new Uint8Array() } = await kms.sign({
      KeyId: keyId,
      Message: digest,
      MessageType: 'DIGEST',
      SigningAlgorithm: algorithm,
    });
    const spki = (await publicKeyOf(kms, keyId)).export({ format: 'pem', type: 'spki' }).toString();
    expect(await opensslVerifies(spki, signature, options)).toContain('Verified Successfully');
  });

  it('over a raw message as over its digest', async () => {
    const { kms } = await doubleAndClient();
    const keyId = await signingKey(kms, 'ECC_NIST_P256');
    const { Signature: signature = new Uint8Array() } = await kms.sign({
      KeyId: keyId,
      Message: message,
      SigningAlgorithm: 'ECDSA_SHA_256',
    });
    expect(verify('sha256', message, await publicKeyOf(kms, keyId), signature)).toBe(true);
  });

  it('no digest of another length, and by no algorithm of another key', async () => {
    const { kms } = await doubleAndClient();
    const keyId = await signingKey(kms, 'ECC_NIST_P521');
    const input = { KeyId: keyId, Message: digest, MessageType: 'DIGEST' } as const;
    expect(await errorOf(kms.sign({ ...input, SigningAlgorithm: 'ECDSA_SHA_512' }))).toBe(
      'ValidationException',
    );
    expect(await errorOf(kms.sign({ ...input, SigningAlgorithm: 'ECDSA_SHA_256' }))).toBe(
      'InvalidKeyUsageException',
    );
    expect(await errorOf(kms.encrypt({ KeyId: keyId, Plaintext: digest }))).toBe('InvalidKeyUsageException');
  });

  it.each([
    ['ECC_NIST_P256', 'sha256'],
    ['ECC_NIST_P384', 'sha384'],
    ['ECC_NIST_P521', 'sha512'],
  ] as const)('by ECDSA of %s as node:crypto verifies it, a hundred times', async (spec, hash) => {
    const { publicKey, privateKey } = await makeKeyPair(spec);
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    for (let index = 0; index < 100; index++) {
      const signed = Buffer.from(`message ${index}`);
      const signature = signDigestByEcdsa(
        Buffer.from(privateKey.bytes()),
        createHash(hash).update(signed).digest(),
      );
      expect(verify(hash, signed, key, signature)).toBe(true);
      expect(verify(hash, message, key, signature)).toBe(false);
    }
  });
});
