import { createHmac, sign } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ProviderError } from '#domain/errors.ts';
import type { KeyProvider } from '#ports/key-provider.ts';
import { whileWanted } from '../call-limits.ts';
import { receiptJwk } from '../receipt-jwk.ts';
import { softwareExportableKeys } from './exportable-keys.ts';
import { translated } from './provider-errors.ts';
import { openProviderKeys } from './provider-keys.ts';
import { softwareResidentKeys } from './resident-keys.ts';

const signOffLoop = promisify(sign);

export interface SoftwareProviderSettings {
  /** Where its keys stand; made if it is not there, for the owner alone. */
  folder: string;
  /** The stage that the service runs in. */
  stage: string;
}

/**
 * Custody by node:crypto and files, for evaluation and tests only: whoever reads the folder has every key. Opening the
 * same folder again gives the same keys.
 * @throws ProviderError `provider-misconfigured` in a production stage, or if the folder's keys are damaged or open to
 *   other users; `provider-unavailable` if the folder cannot be read or written
 */
export async function openSoftwareProvider(settings: SoftwareProviderSettings): Promise<KeyProvider> {
  refuseProduction(settings.stage);
  const residentFolder = join(settings.folder, 'resident');
  const keys = await translated(async () => {
    await mkdir(residentFolder, { recursive: true, mode: 0o700 });
    return openProviderKeys(settings.folder);
  });
  const publicJwk = receiptJwk(keys.receiptKey);
  let closed = false;
  // Every use of a key asks here: an erased key would still wrap, under zeros.
  const usable = () => {
    if (closed) throw new ProviderError('provider-unavailable', { why: 'the key provider was closed' });
    return keys;
  };

  const { resident, importable } = softwareResidentKeys(residentFolder, () => usable().wrappingKey);

  return {
    custody: 'software',
    residentKeys: resident,
    importableKeys: importable,
    exportableKeys: softwareExportableKeys(() => usable().wrappingKey),
    receiptKey: async () => ({ ...publicJwk }),
    signReceipt: (message, options) =>
      whileWanted(options, async () => {
        const key = usable().receiptKey;
        return new Uint8Array(await signOffLoop('sha256', message, { key, dsaEncoding: 'ieee-p1363' }));
      }),
    mac: (message, options) =>
      whileWanted(
        options,
        async () => new Uint8Array(createHmac('sha256', usable().macKey.bytes()).update(message).digest()),
      ),
    close: async () => {
      closed = true;
      keys.wrappingKey.erase();
      keys.macKey.erase();
    },
  };
}

function refuseProduction(stage: string): void {
  if (!['production', 'prod'].includes(stage.trim().toLowerCase())) return;
  throw new ProviderError('provider-misconfigured', {
    field: 'keys',
    why: 'the software provider is for evaluation only, and this stage is production',
    next: 'Choose the kms or pkcs11 provider.',
  });
}
