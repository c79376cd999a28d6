import fc from 'fast-check';
import { CompactEncrypt, compactDecrypt, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  type BackupReference,
  makeRecoveryKey,
  openSealedPassphrase,
  recoveryKeyThumbprint,
  sealPassphrase,
} from '#crypto/sealing.ts';
import { Secret } from '#domain/secret.ts';

const backup: BackupReference = {
  organization: 'org-1',
  enrollmentId: 'enr_1',
  backupId: 'bkp_1',
  pfxSha256: 'a'.repeat(64),
};
const passphrase = () => Secret.fromText('a passphrase for tests');
const recovery = await makeRecoveryKey();

function seal(change: Partial<BackupReference> = {}): Promise<string> {
  return sealPassphrase({ ...backup, ...change, recoveryKey: recovery.publicKey, passphrase: passphrase() });
}

/** A JWE to the recovery key with content and header of another's choice. */
async function sealedBy(
  content: string,
  header: { alg: string; enc: string; typ?: string },
): Promise<string> {
  const key = await importJWK({ ...recovery.publicKey }, header.alg);
  return new CompactEncrypt(new TextEncoder().encode(content)).setProtectedHeader(header).encrypt(key);
}

const ours = { alg: 'ECDH-ES+A256KW', enc: 'A256GCM', typ: 'escrow-sealed-passphrase' };

describe('makeRecoveryKey', () => {
  it('makes a P-256 pair named by its thumbprint', async () => {
    const { publicKey, privateKey } = recovery;
    const kid = await recoveryKeyThumbprint(publicKey);
    const facts = { kty: 'EC', crv: 'P-256', kid, use: 'enc', alg: 'ECDH-ES+A256KW' };
    expect(publicKey).toMatchObject(facts);
    expect(publicKey).not.toHaveProperty('d');
    expect(privateKey).toMatchObject({ ...facts, x: publicKey.x, d: expect.any(String) });
  });

  it('makes another each time', async () => {
    expect((await makeRecoveryKey()).publicKey.kid).not.toBe(recovery.publicKey.kid);
  });
});

describe('recoveryKeyThumbprint', () => {
  it('is that of RFC 7638, section 3.1', async () => {
    const n = [
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRX',
      'jBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaS',
      'qzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksIN',
      'HaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
    ].join('');
    const key = { kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' };
    expect(await recoveryKeyThumbprint(key)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });
});

describe('sealPassphrase', () => {
  it('opens by the private half, for its own backup', async () => {
    const opened = await openSealedPassphrase(await seal(), recovery.privateKey, backup);
    expect(opened.text()).toBe('a passphrase for tests');
  });

  it('is a compact JWE that jose alone opens, with the named content', async () => {
    const key = await importJWK(recovery.privateKey, 'ECDH-ES+A256KW');
    const { plaintext, protectedHeader } = await compactDecrypt(await seal(), key);
    expect(JSON.parse(new TextDecoder().decode(plaintext))).toEqual({
      passphrase: 'a passphrase for tests',
      ...backup,
    });
    expect(protectedHeader).toMatchObject({ ...ours, kid: recovery.publicKey.kid });
  });

  it('refuses a recovery key that is none', async () => {
    const recoveryKey = { kty: 'RSA', n: 'AQAB', e: 'AQAB' };
    const sealed = sealPassphrase({ ...backup, recoveryKey, passphrase: passphrase() });
    await expect(sealed).rejects.toMatchObject({ code: 'recipient-key-invalid' });
  });
});

describe('openSealedPassphrase', () => {
  const refused = { code: 'sealed-passphrase-invalid' };

  it('opens for no other backup', async () => {
    const sealed = await seal();
    const other = fc
      .record({
        organization: fc.constantFrom('org-1', 'org-2'),
        enrollmentId: fc.constantFrom('enr_1', 'enr_2'),
        backupId: fc.constantFrom('bkp_1', 'bkp_2'),
        pfxSha256: fc.constantFrom('a'.repeat(64), 'b'.repeat(64)),
      })
      .filter((reference) => JSON.stringify(reference) !== JSON.stringify(backup));
    await fc.assert(
      fc.asyncProperty(other, async (expected) => {
        await expect(openSealedPassphrase(sealed, recovery.privateKey, expected)).rejects.toMatchObject(
          refused,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('does not open by another key', async () => {
    const { privateKey } = await makeRecoveryKey();
    await expect(openSealedPassphrase(await seal(), privateKey, backup)).rejects.toMatchObject(refused);
  });

  it('sees a changed character in each part', async () => {
    const parts = (await seal()).split('.');
    for (const [index, part] of parts.entries()) {
      const changed = parts.with(index, `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}`).join('.');
      await expect(openSealedPassphrase(changed, recovery.privateKey, backup)).rejects.toMatchObject(refused);
    }
  });

  it.each([
    ['of another type', JSON.stringify({ passphrase: 'p', ...backup }), { ...ours, typ: 'JWT' }],
    ['by another algorithm', JSON.stringify({ passphrase: 'p', ...backup }), { ...ours, alg: 'ECDH-ES' }],
    ['by another cipher', JSON.stringify({ passphrase: 'p', ...backup }), { ...ours, enc: 'A128GCM' }],
    ['with a member too many', JSON.stringify({ passphrase: 'p', ...backup, more: 1 }), ours],
    ['without a passphrase', JSON.stringify(backup), ours],
    ['with no JSON', 'marked-secret', ours],
  ])('refuses a JWE %s, and repeats none of it', async (_name, content, header) => {
    const opened = openSealedPassphrase(await sealedBy(content, header), recovery.privateKey, backup);
    await expect(opened).rejects.toMatchObject(refused);
    const error: unknown = await opened.catch((reason: unknown) => reason);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('marked-secret');
  });

  it.each(['', 'a.b.c', 'not a JWE'])('refuses %j', async (text) => {
    await expect(openSealedPassphrase(text, recovery.privateKey, backup)).rejects.toMatchObject(refused);
  });
});
