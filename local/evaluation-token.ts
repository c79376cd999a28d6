import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pinSource } from '#adapters/pkcs11/pin-source.ts';
import { openPkcs11Provider } from '#adapters/pkcs11/pkcs11-provider.ts';
import { createSoftHsmToken } from '#adapters/pkcs11/softhsm-token.ts';
import { Secret } from '#domain/secret.ts';
import type { KeyProvider } from '#ports/key-provider.ts';
import { clearUnfinishedFiles, writeFileAtomically } from '#runtime/atomic-file.ts';

const pinDigits = 16;

/**
 * Opens a SoftHSM token that stands in the data folder, made the first time. Its PINs stand in 0600 files beside it, which
 * is what an evaluation token is worth; a real token's PIN never stands beside the token.
 * @throws ProviderError `provider-misconfigured` if SoftHSM or the binding is not installed, `provider-unavailable`
 */
export async function openEvaluationToken(folder: string): Promise<KeyProvider> {
  await clearUnfinishedFiles(folder);
  const pinFile = join(folder, 'pin');
  const pin = await pinIn(pinFile);
  const soPin = await pinIn(join(folder, 'so-pin'));
  try {
    const token = await createSoftHsmToken({ folder, label: 'enrollment-key-escrow', pin, soPin });
    return await openPkcs11Provider({ ...token, pin: pinSource(`file:${pinFile}`) });
  } finally {
    pin.erase();
    soPin.erase();
  }
}

async function pinIn(file: string): Promise<Secret> {
  if (!existsSync(file)) {
    const digits = Uint8Array.from({ length: pinDigits }, () => '0'.charCodeAt(0) + randomInt(10));
    await writeFileAtomically(file, digits, { mode: 0o600 });
  }
  return new Secret(await readFile(file));
}
