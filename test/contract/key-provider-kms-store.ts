import { openKmsProvider } from '#adapters/kms/kms-provider.ts';
import type { KmsProviderSettings } from '#adapters/kms/settings.ts';
import { kmsEnvironment } from '#test/doubles/kms/environment.ts';
import { startKmsDouble } from '#test/doubles/kms/kms-double.ts';
import type { KeyProviderStore } from './key-provider-stores.ts';

/** An empty account of the stand-in for AWS KMS, reached over the wire as AWS is: by the SDK's own settings. */
export async function kmsStore(settings: Partial<KmsProviderSettings> = {}): Promise<KeyProviderStore> {
  const double = await startKmsDouble();
  return {
    open: async () => {
      Object.assign(process.env, kmsEnvironment(double));
      return await openKmsProvider({ createOwnKeys: true, signOnlyEncryptionKeys: true, ...settings });
    },
    remove: () => double.close(),
  };
}
