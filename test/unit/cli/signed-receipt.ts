import { generateKeyPairSync, sign } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import type { BackupReceipt } from '#crypto/receipts.ts';
import { signReceipt } from '#crypto/receipts.ts';

/** A service's receipt key, and receipts signed by it. */
export interface ReceiptService {
  /** As the service publishes it. */
  jwks: { keys: object[] };
  /** A genuine receipt of a subscriber copy, with changes. */
  receiptOf(change: Partial<BackupReceipt>): Promise<string>;
}

export async function receiptService(): Promise<ReceiptService> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' });
  const bare = { kty: 'EC', crv: 'P-256', x, y };
  const publicKey = { ...bare, kid: await calculateJwkThumbprint(bare) };
  const signer = {
    publicKey,
    sign: async (message: Uint8Array) =>
      sign('sha256', message, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }),
  };
  return { jwks: { keys: [publicKey] }, receiptOf: (change) => signReceipt({ ...copy, ...change }, signer) };
}

const copy: BackupReceipt = {
  jti: 'rcp_1',
  iat: 1_767_600_000,
  organization: 'example',
  enrollmentId: 'enr_1',
  label: 'caEncryption_keyPair',
  purpose: 'encryption',
  keySpec: 'ECC_NIST_P256',
  policy: { version: '7', rules: ['lock-by-password'] },
  build: 'test 1.0',
  receipt: 'backup',
  backupId: 'exp_1',
  csrSha256: 'a'.repeat(64),
  spkiSha256: 'b'.repeat(64),
  pfxSha256: 'c'.repeat(64),
  profile: 'modern',
  objectVersion: null,
  retainUntil: null,
  recoveryKey: null,
  confirms: { privateKeyWorks: true, passwordSet: true, passwordAgreed: true, fileRestores: true },
  provedBy: ['strict reader'],
};
