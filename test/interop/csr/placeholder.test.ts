import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toPem } from '#crypto/pkcs10.ts';
import { makePlaceholderCertificate } from '#crypto/placeholder-certificate.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import { type Purpose, purposeNames, purposes } from '#domain/purpose.ts';
import { keyPair, withByteChanged } from '#test/unit/crypto/key-pairs.ts';
import { type Printed, run } from './tools.ts';

const cases = keySpecNames.flatMap((spec) => purposes.map((purpose) => ({ spec, purpose })));

async function placeholderPem(spec: (typeof keySpecNames)[number], purpose: Purpose): Promise<string> {
  const { publicKey, signer } = keyPair(spec);
  const subject = { commonName: 'Ζωή 王', organizationName: 'Example' };
  const { label } = purposeNames[purpose];
  const now = new Date('2026-03-01T12:00:00Z');
  const certificate = await makePlaceholderCertificate({ subject, label, purpose, publicKey, signer, now });
  return toPem('CERTIFICATE', certificate);
}

/** `openssl verify` with the certificate as its own trust anchor, strictly by RFC 5280. */
async function verifyBySelf(pem: string): Promise<Printed> {
  const folder = await mkdtemp(join(tmpdir(), 'placeholder-'));
  try {
    const file = join(folder, 'anchor.pem');
    await writeFile(file, pem);
    const strict = ['-partial_chain', '-check_ss_sig', '-x509_strict', '-attime', '1772366400'];
    return await run('openssl', ['verify', ...strict, '-CAfile', file], pem);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function usageOf(spec: string, purpose: Purpose): string {
  if (purpose === 'identity') return 'Digital Signature, Non Repudiation';
  return spec.startsWith('RSA') ? 'Key Encipherment' : 'Key Agreement';
}

describe('openssl x509', () => {
  it.each(cases)('reads the placeholder of $spec for $purpose as what it is', async ({ spec, purpose }) => {
    const pem = await placeholderPem(spec, purpose);
    const { status, text } = await run('openssl', ['x509', '-noout', '-text', '-nameopt', 'utf8'], pem);
    const { label } = purposeNames[purpose];
    const name = `O=Example, OU=PLACEHOLDER - not issued by a CA (${label}), CN=PLACEHOLDER Ζωή 王`;
    expect(status).toBe(0);
    expect(text).toContain('Version: 3 (0x2)');
    expect(text).toContain(`Issuer: ${name}\n`);
    expect(text).toContain(`Subject: ${name}\n`);
    expect(text).toContain('Not Before: Mar  1 11:55:00 2026 GMT');
    expect(text).toContain('Not After : Mar 31 12:00:00 2026 GMT');
    expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE\n/);
    expect(text).toMatch(new RegExp(`X509v3 Key Usage: critical\\s+${usageOf(spec, purpose)}\\n`));
    expect(text).not.toContain('Extended Key Usage');
    expect(text).toMatch(/X509v3 Subject Key Identifier:\s+([0-9A-F]{2}:){31}[0-9A-F]{2}/);
  });

  it.each(keySpecNames)(
    'verifies the signature of %s by its own key, and sees a changed byte',
    async (spec) => {
      const pem = await placeholderPem(spec, 'identity');
      expect(await verifyBySelf(pem)).toEqual({ status: 0, text: 'stdin: OK\n' });
      const der = Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64');
      const altered = withByteChanged(der, der.indexOf('Example'), 0x20);
      const { status, text } = await verifyBySelf(toPem('CERTIFICATE', altered));
      expect(status).not.toBe(0);
      expect(text).toContain('certificate signature failure');
    },
  );
});

describe('certtool --certificate-info', () => {
  it.each(cases)('reads the placeholder of $spec for $purpose', async ({ spec, purpose }) => {
    const { status, text } = await run(
      'certtool',
      ['--certificate-info'],
      await placeholderPem(spec, purpose),
    );
    expect(status).toBe(0);
    expect(text).toContain('Version: 3');
    expect(text).toContain('Certificate Authority (CA): FALSE');
    expect(text).toMatch(/Serial Number \(hex\): (00)?[0-9a-f]{20,32}\n/);
  });
});
