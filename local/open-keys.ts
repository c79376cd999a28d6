import { join } from 'node:path';
import { openSoftwareProvider } from '#adapters/software/software-provider.ts';
import type { KeyProvider } from '#ports/key-provider.ts';

/** Where the keys of a one-machine service live. */
export type KeySource = 'software' | 'pkcs11';

export const keySources: readonly KeySource[] = ['software', 'pkcs11'];

/**
 * Opens custody inside the data folder: keys of node:crypto, or a SoftHSM token of its own.
 * @throws ProviderError `provider-misconfigured` (also where the token's library or binding is not installed),
 *   `provider-unavailable`
 */
export async function openKeys(source: KeySource, folder: string): Promise<KeyProvider> {
  if (source === 'software') {
    return await openSoftwareProvider({ folder: join(folder, 'software-keys'), stage: 'evaluation' });
  }
  // Loaded only here: a machine without the token binding still runs everything else.
  const { openEvaluationToken } = await import('./evaluation-token.ts');
  return await openEvaluationToken(join(folder, 'token'));
}
