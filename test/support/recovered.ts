import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compactDecrypt } from 'jose';
import * as v from 'valibot';
import { present, type SummaryEntry } from './demo.ts';

const sealedContent = v.strictObject({
  passphrase: v.string(),
  organization: v.string(),
  enrollmentId: v.string(),
  backupId: v.string(),
  pfxSha256: v.string(),
});

/** What the sealed passphrase of an escrowed backup says, opened by jose and the recovery key that the demo left. */
export async function unsealed(out: string, { escrow }: SummaryEntry) {
  const recoveryKey = JSON.parse(await readFile(join(out, 'recovery.private.jwk'), 'utf8'));
  const jwe = await readFile(join(out, present(escrow).sealed), 'utf8');
  const { plaintext } = await compactDecrypt(jwe, recoveryKey);
  return v.parse(sealedContent, JSON.parse(new TextDecoder().decode(plaintext)));
}
