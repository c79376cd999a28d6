import { describe, expect, it } from 'vitest';
import { makeCsr, toPem } from '#crypto/pkcs10.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { type Purpose, purposes } from '#domain/purpose.ts';
import { keyPair, withByteChanged } from '#test/unit/crypto/key-pairs.ts';
import { run } from './tools.ts';

const subject = { commonName: 'Ζωή 王-Müller', organizationName: 'Example, Inc.', serialNumber: 'p-17' };
const cases = keySpecNames.flatMap((spec) => purposes.map((purpose) => ({ spec, purpose })));

async function csrPem(spec: (typeof keySpecNames)[number], purpose: Purpose, email = 'zoe@example.org') {
  const { publicKey, signer } = keyPair(spec);
  return toPem('CERTIFICATE REQUEST', await makeCsr({ subject, email, purpose, publicKey, signer }));
}

function usageOf(spec: string, purpose: Purpose): string {
  if (purpose === 'identity') return 'Digital Signature, Non Repudiation';
  return spec.startsWith('RSA') ? 'Key Encipherment' : 'Key Agreement';
}

describe('openssl req', () => {
  it.each(cases)(
    'verifies $spec for $purpose, and reads its subject and extensions',
    async ({ spec, purpose }) => {
      const pem = await csrPem(spec, purpose);
      const { status, text } = await run(
        'openssl',
        ['req', '-verify', '-noout', '-text', '-nameopt', 'utf8'],
        pem,
      );
      expect(status).toBe(0);
      expect(text).toContain('self-signature verify OK');
      expect(text).toContain('Version: 1 (0x0)');
      expect(text).toContain('Subject: O=Example, Inc., CN=Ζωή 王-Müller, serialNumber=p-17');
      expect(text).toMatch(new RegExp(`X509v3 Key Usage: critical\\s+${usageOf(spec, purpose)}\\n`));
      expect(text).toMatch(/X509v3 Subject Alternative Name:\s+email:zoe@example\.org\n/);
    },
  );

  it.each(keySpecNames)('finds the public key of %s in it', async (spec) => {
    const { status, text } = await run(
      'openssl',
      ['req', '-noout', '-pubkey'],
      await csrPem(spec, 'identity'),
    );
    expect(status).toBe(0);
    expect(text).toBe(toPem('PUBLIC KEY', keyPair(spec).publicKey));
  });

  it('sees one changed byte in what was signed', async () => {
    const { publicKey, signer } = keyPair('ECC_NIST_P256');
    const csr = await makeCsr({ subject, email: 'zoe@example.org', purpose: 'identity', publicKey, signer });
    const altered = withByteChanged(csr, Buffer.from(csr).indexOf('Example'), 0x20);
    const { text } = await run(
      'openssl',
      ['req', '-verify', '-noout'],
      toPem('CERTIFICATE REQUEST', altered),
    );
    expect(text).toContain('verify failure');
  });

  it.each(['zoë@example.org', 'zoe@exämple.org', '', 'no address', 'a b@example.org'])(
    'finds no alternative name where the address is %j',
    async (email) => {
      const pem = await csrPem('ECC_NIST_P256', 'identity', email);
      const { status, text } = await run('openssl', ['req', '-verify', '-noout', '-text'], pem);
      expect(status).toBe(0);
      expect(text).toContain('X509v3 Key Usage: critical');
      expect(text).not.toContain('Alternative Name');
    },
  );
});

describe('certtool --crq-info', () => {
  it.each(cases)('reads $spec for $purpose', async ({ spec, purpose }) => {
    const { status, text } = await run('certtool', ['--crq-info'], await csrPem(spec, purpose));
    expect(status).toBe(0);
    expect(text).toContain('RFC822Name: zoe@example.org');
    expect(text).toContain('Key Usage (critical)');
    expect(text).toContain('Self signature: verified');
  });
});
