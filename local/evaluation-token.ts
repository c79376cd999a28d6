import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newPin } from '#adapters/pkcs11/new-pin.ts';
import { pinSource } from '#adapters/pkcs11/pin-source.ts';
import { createSoftHsmToken, evaluationToken } from '#adapters/pkcs11/softhsm-token.ts';
import type { TokenLogin } from '#adapters/pkcs11/token-administration.ts';
import { Secret } from '#domain/secret.ts';
import { clearUnfinishedFiles, writeFileAtomically } from '#runtime/atomic-file.ts';

/**
 * How to log in to a SoftHSM token that stands in the data folder, made the first time. Its PINs stand in 0600 files beside
 * it, which is what an evaluation token is worth; a real token's PIN never stands beside the token.
 * @throws ProviderError `provider-misconfigured` if SoftHSM or the binding is not installed, `provider-unavailable`
 */
export async function evaluationTokenLogin(folder: string): Promise<TokenLogin> {
  await clearUnfinishedFiles(folder);
  const { label, pinFile: pinName, soPinFile } = evaluationToken;
  const pinFile = join(folder, pinName);
  const pin = await pinIn(pinFile);
  const soPin = await pinIn(join(folder, soPinFile));
  try {
    const token = await createSoftHsmToken({ folder, label, pin, soPin });
    return { ...token, pin: pinSource(`file:${pinFile}`) };
  } finally {
    pin.erase();
    soPin.erase();
  }
}

async function pinIn(file: string): Promise<Secret> {
  if (!existsSync(file)) {
    const pin = newPin();
    await writeFileAtomically(file, pin.bytes(), { mode: 0o600 }).finally(() => pin.erase());
  }
  return new Secret(await readFile(file));
}
