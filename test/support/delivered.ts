import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compactVerify, createLocalJWKSet } from 'jose';
import { expect } from 'vitest';
import { present, type SummaryEntry } from './demo.ts';
import { openWithOpenssl, spkiOf, spkiOfCsr } from './pfx-tools.ts';
import { unsealed } from './recovered.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/**
 * Expects that a demo left what an enrollment is to have: a request that openssl verifies, copies that openssl opens to its
 * key, and receipts that jose verifies and that are of these files.
 */
export async function expectDelivered(out: string, entry: SummaryEntry): Promise<void> {
  const { files, escrow, spkiSha256, purpose } = entry;
  const jwks = createLocalJWKSet(JSON.parse(readFileSync(join(out, 'jwks.json'), 'utf8')));
  const receiptOf = async (path: string) => {
    const { payload } = await compactVerify(readFileSync(join(out, path)), jwks);
    return JSON.parse(new TextDecoder().decode(payload));
  };
  const expectFile = async (path: string, password: string | Uint8Array, receipt: string) => {
    const { privateKey } = await openWithOpenssl(join(out, path), password);
    expect(sha256(spkiOf(privateKey))).toBe(spkiSha256);
    const pfxSha256 = sha256(readFileSync(join(out, path)));
    expect(await receiptOf(receipt)).toMatchObject({ receipt: 'backup', spkiSha256, pfxSha256 });
  };
  expect(sha256(await spkiOfCsr(join(out, files.csr)))).toBe(spkiSha256);
  if (files.pfx === undefined) expect(await receiptOf(files.receipt)).toMatchObject({ receipt: 'refusal' });
  else await expectFile(files.pfx, readFileSync(join(out, present(files.password))), files.receipt);
  expect(escrow !== undefined).toBe(purpose === 'encryption');
  if (escrow === undefined) return;
  const { passphrase, backupId, pfxSha256 } = await unsealed(out, entry);
  expect({ backupId, pfxSha256 }).toEqual({ backupId: escrow.backupId, pfxSha256: escrow.pfxSha256 });
  await expectFile(escrow.pfx, passphrase, escrow.receipt);
}
