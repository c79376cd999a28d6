import { describe, expect, it } from 'vitest';
import { type CertificateRequest, makeCsr, toPem } from '#crypto/pkcs10.ts';
import type { Signer } from '#crypto/signer.ts';
import { ProviderError } from '#domain/errors.ts';
import { anotherKeyPair, keyPair, withByteChanged } from './key-pairs.ts';

function request(change: Partial<CertificateRequest> = {}): CertificateRequest {
  const { publicKey, signer } = keyPair('ECC_NIST_P256');
  const subject = { commonName: 'Zoë' };
  return { subject, email: 'zoe@example.org', purpose: 'identity', publicKey, signer, ...change };
}

function signerThat(change: (signature: Uint8Array) => Uint8Array): Signer {
  const { signer } = keyPair('ECC_NIST_P256');
  return { algorithm: signer.algorithm, sign: async (message) => change(await signer.sign(message)) };
}

describe('makeCsr', () => {
  it('holds the public key as it came, byte for byte', async () => {
    const { publicKey } = keyPair('ECC_NIST_P256');
    const csr = Buffer.from(await makeCsr(request()));
    expect(csr.includes(Buffer.from(publicKey))).toBe(true);
  });

  it('does not let a faulty signature leave', async () => {
    const signer = signerThat((signature) => withByteChanged(signature, signature.length - 1));
    await expect(makeCsr(request({ signer }))).rejects.toMatchObject({ code: 'proof-failed' });
  });

  it('does not let the signature of another key leave', async () => {
    const { signer } = anotherKeyPair('ECC_NIST_P256');
    await expect(makeCsr(request({ signer }))).rejects.toMatchObject({ code: 'proof-failed' });
  });

  it('asks nothing of a signer of another algorithm', async () => {
    const signer: Signer = {
      algorithm: 'ECDSA_SHA384',
      sign: () => Promise.reject(new Error('must not be asked')),
    };
    await expect(makeCsr(request({ signer }))).rejects.toMatchObject({ code: 'proof-failed' });
  });

  it('refuses a public key of no known spec', async () => {
    const publicKey = new TextEncoder().encode('no key');
    await expect(makeCsr(request({ publicKey }))).rejects.toMatchObject({ code: 'proof-failed' });
  });

  it('passes on what the key provider says', async () => {
    const unavailable = new ProviderError('provider-unavailable');
    const signer: Signer = { algorithm: 'ECDSA_SHA256', sign: () => Promise.reject(unavailable) };
    await expect(makeCsr(request({ signer }))).rejects.toBe(unavailable);
  });

  it('refuses a subject that no name can hold', async () => {
    await expect(makeCsr(request({ subject: { commonName: '' } }))).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });
});

describe('toPem', () => {
  it('breaks lines after 64 characters and ends with a newline', () => {
    const pem = toPem('CERTIFICATE REQUEST', new Uint8Array(50));
    expect(pem).toBe(
      `-----BEGIN CERTIFICATE REQUEST-----\n${'A'.repeat(64)}\nAAA=\n-----END CERTIFICATE REQUEST-----\n`,
    );
  });
});
