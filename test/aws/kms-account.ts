import { KMS } from '@aws-sdk/client-kms';
import { openKmsProvider } from '#adapters/kms/kms-provider.ts';
import type { KeyProviderStore } from '#test/contract/key-provider-stores.ts';
import { cleanAliases } from './clean-kms.ts';
import { runPrefix, runTag } from './run.ts';

/** Prefixes whose own keys are made, and that no test works on now: own keys are many to make and few to need. */
const free: string[] = [];
let made = 0;

/**
 * An empty store in the account that the environment names. What a test made there is removed after it; the own keys are
 * used again by the next.
 */
export async function kmsAccountStore(runId: string): Promise<KeyProviderStore> {
  const aliasPrefix = free.pop() ?? `${runPrefix(runId)}/${made++}`;
  return {
    open: () =>
      openKmsProvider({
        aliasPrefix,
        keySource: 'kms',
        createOwnKeys: true,
        signOnlyEncryptionKeys: true,
        deletionWindowDays: 7,
        tags: { [runTag]: runId },
        // RSA-4096 data key pairs come one a second at most, and in China one in ten.
        callMilliseconds: 300_000,
      }),
    remove: async () => {
      const kms = new KMS();
      await cleanAliases(kms, `${aliasPrefix}/resident`);
      kms.destroy();
      free.push(aliasPrefix);
    },
  };
}
