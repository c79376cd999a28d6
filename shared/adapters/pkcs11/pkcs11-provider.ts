import { openTokenProvider, type TokenProvider, type TokenProviderSettings } from './token-provider.ts';

export type Pkcs11ProviderSettings = TokenProviderSettings;
export type Pkcs11Provider = TokenProvider;

/** Custody in a PKCS#11 token. @throws as `openTokenProvider` */
export function openPkcs11Provider(settings: Pkcs11ProviderSettings): Promise<Pkcs11Provider> {
  return openTokenProvider(settings);
}
