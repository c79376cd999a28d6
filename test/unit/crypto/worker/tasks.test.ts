import { describe, expect, it } from 'vitest';
import { writePfx } from '#crypto/pfx/write.ts';
import { proveByHandshake } from '#crypto/worker/handshake.ts';
import { doTask } from '#crypto/worker/tasks.ts';
import { useKey } from '#crypto/worker/use-key.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { anotherKeyPair, keyPair } from '../key-pairs.ts';
import { password, subjectOf } from '../pfx/subject.ts';

async function handshakeTask(spec: (typeof keySpecNames)[number]) {
  const { privateKey, certificate, publicKey } = await subjectOf(spec);
  const pfx = await writePfx({
    privateKey,
    certificates: [certificate],
    friendlyName: 'n',
    password,
    iterations: 1,
  });
  return { pfx, password: Uint8Array.from(password.bytes()), publicKey };
}

describe('proveByHandshake', () => {
  it.each(keySpecNames)('speaks TLS 1.3 under a key of %s', async (spec) => {
    const facts = await proveByHandshake(await handshakeTask(spec));
    expect(facts).toEqual({ protocol: 'TLSv1.3', openssl: process.versions.openssl });
  });

  it('fails, and ends, for a file that is none', async () => {
    const task = await handshakeTask('ECC_NIST_P256');
    await expect(proveByHandshake({ ...task, pfx: Buffer.from('none') })).rejects.toThrow('not enough data');
  });

  it('fails for another key of the same kind', async () => {
    const task = await handshakeTask('ECC_NIST_P256');
    const { publicKey } = anotherKeyPair('ECC_NIST_P256');
    await expect(proveByHandshake({ ...task, publicKey })).rejects.toMatchObject({ code: 'proof-failed' });
  });
});

describe('useKey', () => {
  it.each(keySpecNames)('uses a key of %s', (spec) => {
    const { privateKey, publicKey } = keyPair(spec);
    const done = useKey({ privateKey: Uint8Array.from(privateKey.bytes()), publicKey });
    expect(done).toBe(spec.startsWith('RSA') ? 'RSA-OAEP decryption' : 'ECDH key agreement');
  });

  it.each(['RSA_2048', 'ECC_NIST_P384'] as const)('fails for another public key (%s)', (spec) => {
    const privateKey = Uint8Array.from(keyPair(spec).privateKey.bytes());
    const { publicKey } = anotherKeyPair(spec);
    expect(() => useKey({ privateKey, publicKey })).toThrow();
  });
});

describe('doTask', () => {
  it('does each task by its name', async () => {
    const { privateKey, publicKey } = keyPair('ECC_NIST_P256');
    const salt = new Uint8Array(8);
    const kdf = { digest: 'sha1', password: salt, salt, id: 1, iterations: 2, keyLength: 24 } as const;
    expect(await doTask({ name: 'pkcs12-kdf', input: kdf })).toHaveLength(24);
    expect(
      await doTask({
        name: 'use-key',
        input: { privateKey: Uint8Array.from(privateKey.bytes()), publicKey },
      }),
    ).toBe('ECDH key agreement');
    expect(await doTask({ name: 'prove', input: await handshakeTask('ECC_NIST_P256') })).toMatchObject({
      protocol: 'TLSv1.3',
    });
  });
});
