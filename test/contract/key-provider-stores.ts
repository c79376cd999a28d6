import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPkcs11Provider, type Pkcs11Provider } from '#adapters/pkcs11/pkcs11-provider.ts';
import { createSoftHsmToken, type SoftHsmToken } from '#adapters/pkcs11/softhsm-token.ts';
import { openSoftwareProvider } from '#adapters/software/software-provider.ts';
import { Secret } from '#domain/secret.ts';
import type { KeyProvider } from '#ports/key-provider.ts';

/** Where a provider keeps its keys; made empty for a test, and removed after it. */
export interface KeyProviderStore<P extends KeyProvider = KeyProvider> {
  /** Everything that the provider writes on this machine stands here; absent if it writes nothing. */
  folder?: string;
  /** Starts the provider on the store, for the first time or again. */
  open(): Promise<P>;
  remove(): Promise<void>;
}

async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'escrow-keys-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** An empty folder for the software provider. */
export async function softwareStore(): Promise<KeyProviderStore> {
  const { folder, remove } = await temporaryFolder();
  return { folder, remove, open: () => openSoftwareProvider({ folder, stage: 'evaluation' }) };
}

export interface SoftHsmStore extends KeyProviderStore<Pkcs11Provider> {
  folder: string;
  token: SoftHsmToken;
  pin: string;
}

/**
 * A fresh SoftHSM token.
 */
export async function softHsmStore(): Promise<SoftHsmStore> {
  const { folder, remove } = await temporaryFolder();
  const pin = '1234';
  const secrets = { pin: Secret.fromText(pin), soPin: Secret.fromText('12345678') };
  const token = await createSoftHsmToken({ folder, label: 'contract', ...secrets });
  return {
    folder,
    remove,
    token,
    pin,
    open: () => openPkcs11Provider({ ...token, pin: async () => Secret.fromText(pin) }),
  };
}
