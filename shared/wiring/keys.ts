import { environmentNames } from '#contract/environment.ts';
import type { KeyProvider } from '#ports/key-provider.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/**
 * Custody: AWS KMS, or a token. What the other would need is not loaded. In AWS KMS the service's own keys were deployed, and are
 * made by nobody else; each is looked for when it is used, since a function uses few of them.
 * @throws SetUpError `not-set-up`; ProviderError as the provider opens
 */
export async function openKeys(opening: Pick<Opening, 'environment'>): Promise<KeyProvider> {
  const [provider, retiredReceiptKeys] = await Promise.all([openProvider(opening), retiredKeys(opening)]);
  return Object.assign(provider, { retiredReceiptKeys });
}

async function retiredKeys({
  environment,
}: Pick<Opening, 'environment'>): Promise<NonNullable<KeyProvider['retiredReceiptKeys']>> {
  const set = given(environment, environmentNames.retiredReceiptKeys);
  if (set.keys.length === 0) return [];
  const { parseReceiptKeys } = await import('#crypto/receipts.ts');
  return parseReceiptKeys(set).keys;
}

async function openProvider({ environment }: Pick<Opening, 'environment'>): Promise<KeyProvider> {
  if (given(environment, environmentNames.custody) === 'kms') {
    const aliasPrefix = given(environment, environmentNames.kmsAliasPrefix);
    const keySource = given(environment, environmentNames.kmsKeySource);
    const { openKmsProvider } = await import('#adapters/kms/kms-provider.ts');
    const own = { createOwnKeys: false, findOwnKeys: 'when-used' } as const;
    return await openKmsProvider({ aliasPrefix, keySource, ...own });
  }
  const module = given(environment, environmentNames.tokenModule);
  const label = given(environment, environmentNames.tokenLabel);
  const pin = given(environment, environmentNames.tokenPin);
  const [{ openPkcs11Provider }, { pinSource }] = await Promise.all([
    import('#adapters/pkcs11/pkcs11-provider.ts'),
    import('#adapters/pkcs11/pin-source.ts'),
  ]);
  return await openPkcs11Provider({ module, token: { label }, pin: pinSource(pin) });
}
