import type { webcrypto } from 'node:crypto';
import fc from 'fast-check';
import {
  CompactSign,
  calculateJwkThumbprint,
  compactVerify,
  exportJWK,
  generateKeyPair,
  importJWK,
} from 'jose';
import { describe, expect, it } from 'vitest';
import {
  type BackupReceipt,
  parseReceiptKeys,
  type ReceiptKeys,
  type ReceiptSigner,
  type RefusalReceipt,
  signReceipt,
  verifyReceipt,
} from '#crypto/receipts.ts';
import { ProviderError } from '#domain/errors.ts';

const common = {
  jti: 'rcp_1',
  iat: 1_767_600_000,
  organization: 'org-1',
  enrollmentId: 'enr_1',
  label: 'caEncryption_keyPair',
  purpose: 'encryption',
  keySpec: 'ECC_NIST_P256',
  policy: { version: '1', rules: ['encryption-is-escrowed'] },
  build: 'test',
} as const;

const backup: BackupReceipt = {
  ...common,
  receipt: 'backup',
  backupId: 'bkp_1',
  csrSha256: 'a'.repeat(64),
  spkiSha256: 'b'.repeat(64),
  pfxSha256: 'c'.repeat(64),
  profile: 'modern',
  objectVersion: 'v1',
  retainUntil: '2036-01-05T08:00:00.000Z',
  recoveryKey: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  confirms: { privateKeyWorks: true, passwordSet: true, passwordAgreed: false, fileRestores: true },
  provedBy: ['openssl', 'tls-1.3-handshake'],
};

const refusal: RefusalReceipt = {
  ...common,
  receipt: 'refusal',
  code: 'export-refused',
  reason: 'The key is not exportable.',
  contact: 'pki@example.org',
  action: 'Export',
};

async function receiptKey(): Promise<{
  signer: ReceiptSigner;
  jwks: ReceiptKeys;
  privateKey: webcrypto.CryptoKey;
}> {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const { x = '', y = '' } = await exportJWK(pair.publicKey);
  const bare = { kty: 'EC', crv: 'P-256', x, y };
  const publicKey = { ...bare, kid: await calculateJwkThumbprint(bare) };
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const sign = async (message: Uint8Array) =>
    new Uint8Array(await crypto.subtle.sign(algorithm, pair.privateKey, new Uint8Array(message)));
  return { signer: { publicKey, sign }, jwks: { keys: [publicKey] }, privateKey: pair.privateKey };
}

const service = await receiptKey();
const other = await receiptKey();

/** A JWS by the service's own key with header and payload of another's choice. */
function signedBy(header: { alg: string; kid?: string; typ?: string }, payload: unknown): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader(header)
    .sign(service.privateKey);
}

const ourHeader = { alg: 'ES256', kid: service.signer.publicKey.kid, typ: 'escrow-receipt+jwt' };

describe('signReceipt', () => {
  it.each([
    ['backup', backup],
    ['refusal', refusal],
    ['subscriber copy', { ...backup, objectVersion: null, retainUntil: null, recoveryKey: null }],
  ])('signs a %s that verifies', async (_name, payload) => {
    const jws = await signReceipt(payload, service.signer);
    expect(await verifyReceipt(jws, service.jwks)).toEqual(payload);
  });

  it('is a compact JWS that jose alone verifies, with kid and typ', async () => {
    const jws = await signReceipt(backup, service.signer);
    const key = await importJWK({ ...service.signer.publicKey }, 'ES256');
    const { payload, protectedHeader } = await compactVerify(jws, key);
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(backup);
    expect(protectedHeader).toEqual(ourHeader);
  });

  it.each([
    ['of another key', other.signer.sign],
    ['that is no signature', async () => new Uint8Array(64)],
    ['in DER', async () => Uint8Array.of(0x30, 0x06, 2, 1, 1, 2, 1, 1)],
  ])('lets no signature %s leave', async (_name, sign) => {
    const signed = signReceipt(backup, { ...service.signer, sign });
    await expect(signed).rejects.toMatchObject({ code: 'proof-failed' });
  });

  it('passes on what the key provider says', async () => {
    const unavailable = new ProviderError('provider-unavailable');
    const sign = () => Promise.reject(unavailable);
    await expect(signReceipt(backup, { ...service.signer, sign })).rejects.toBe(unavailable);
  });

  it('signs nothing that a receipt does not have, such as a name', async () => {
    const named = { ...backup, familyName: 'Marked' };
    await expect(signReceipt(named, service.signer)).rejects.toMatchObject({ code: 'internal' });
    const malformed = { ...backup, pfxSha256: 'not a hash' };
    await expect(signReceipt(malformed, service.signer)).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('verifyReceipt', () => {
  const refused = { code: 'receipt-invalid' };

  it('sees one flipped bit anywhere', async () => {
    const jws = await signReceipt(refusal, service.signer);
    const bytes = new TextEncoder().encode(jws);
    for (const at of bytes.keys()) {
      const flipped = new TextDecoder().decode(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));
      await expect(verifyReceipt(flipped, service.jwks)).rejects.toMatchObject(refused);
    }
  });

  it('sees any other character anywhere', async () => {
    const jws = await signReceipt(backup, service.signer);
    const change = fc.record({ at: fc.nat(jws.length - 1), to: fc.string({ maxLength: 1 }) });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, to }) => {
        fc.pre(jws[at] !== to);
        const changed = `${jws.slice(0, at)}${to}${jws.slice(at + 1)}`;
        await expect(verifyReceipt(changed, service.jwks)).rejects.toMatchObject(refused);
      }),
      { numRuns: 300 },
    );
  });

  it('knows one spelling of a signature only', async () => {
    const jws = await signReceipt(backup, service.signer);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(jws.slice(-1));
    const respelled = `${jws.slice(0, -1)}${alphabet[last ^ 1]}`;
    const signature = (text: string) => Buffer.from(text.split('.')[2] ?? '', 'base64url');
    expect(signature(respelled)).toEqual(signature(jws));
    await expect(verifyReceipt(respelled, service.jwks)).rejects.toMatchObject(refused);
  });

  it('finds the key among others by its kid', async () => {
    const keys = [...other.jwks.keys, ...service.jwks.keys];
    expect(await verifyReceipt(await signReceipt(backup, service.signer), { keys })).toEqual(backup);
  });

  it('knows no key but those it is given', async () => {
    const jws = await signReceipt(backup, service.signer);
    await expect(verifyReceipt(jws, other.jwks)).rejects.toMatchObject(refused);
    await expect(verifyReceipt(jws, { keys: [] })).rejects.toMatchObject(refused);
    const impostor = [{ ...other.signer.publicKey, kid: service.signer.publicKey.kid }];
    await expect(verifyReceipt(jws, { keys: impostor })).rejects.toMatchObject(refused);
  });

  it.each([
    ['of another type', { ...ourHeader, typ: 'JWT' }, backup],
    ['without a type', { alg: 'ES256', kid: ourHeader.kid }, backup],
    ['that names no key', { alg: 'ES256', typ: ourHeader.typ }, backup],
    ['of another kind', ourHeader, { ...backup, receipt: 'invoice' }],
    [
      'with a claim that is malformed',
      ourHeader,
      { ...backup, confirms: { ...backup.confirms, passwordSet: 'yes' } },
    ],
    ['that leaves out what it confirms', ourHeader, { ...backup, confirms: undefined }],
    ['that is no object', ourHeader, 'backup'],
  ])('refuses a signed token %s', async (_name, header, payload) => {
    const jws = await signedBy(header, payload);
    await expect(verifyReceipt(jws, service.jwks)).rejects.toMatchObject(refused);
  });

  it('refuses an unsigned token and other algorithms', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${part({ ...ourHeader, alg: 'none' })}.${part(backup)}.`;
    await expect(verifyReceipt(unsigned, service.jwks)).rejects.toMatchObject(refused);
    const key = new TextEncoder().encode(JSON.stringify(service.signer.publicKey));
    const keyed = await new CompactSign(new TextEncoder().encode(JSON.stringify(backup)))
      .setProtectedHeader({ ...ourHeader, alg: 'HS256' })
      .sign(key);
    await expect(verifyReceipt(keyed, service.jwks)).rejects.toMatchObject(refused);
  });

  it('verifies what a later version of the service adds, and leaves it out', async () => {
    const jws = await signedBy(ourHeader, { ...backup, later: true });
    expect(await verifyReceipt(jws, service.jwks)).toEqual(backup);
  });
});

describe('parseReceiptKeys', () => {
  it('takes a key that stands there twice as one, and refuses two of one kid', async () => {
    const [key] = service.jwks.keys;
    expect(parseReceiptKeys({ keys: [key, { ...key, use: 'sig' }] })).toEqual(service.jwks);
    const other = { ...key, x: key?.y };
    expect(() => parseReceiptKeys({ keys: [key, other] })).toThrow('jwks: holds two keys of one kid');
  });

  it('reads a set and drops what receipts do not need', () => {
    const [key] = service.jwks.keys;
    expect(parseReceiptKeys({ keys: [{ ...key, use: 'sig', alg: 'ES256' }] })).toEqual(service.jwks);
  });

  it('passes over keys of other kinds', () => {
    const others = [{ kty: 'oct', k: 'AA', kid: '1' }, { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, 7];
    expect(parseReceiptKeys({ keys: [...others, ...service.jwks.keys] })).toEqual(service.jwks);
  });

  it.each([
    ['nothing', undefined],
    ['an empty set', { keys: [] }],
    ['a bare key', service.signer.publicKey],
    ['a key without kid', { keys: [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }] }],
    ['a symmetric key', { keys: [{ kty: 'oct', k: 'AA', kid: '1' }] }],
  ])('refuses %s', (_name, value) => {
    expect(() => parseReceiptKeys(value)).toThrow(
      expect.objectContaining({ code: 'invalid-input', details: expect.objectContaining({ field: 'jwks' }) }),
    );
  });
});
