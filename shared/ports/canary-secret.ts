import type { Secret } from '#domain/secret.ts';

/**
 * Where the secret is kept that the canaries' keys are derived from: with it, the backups of canaries can be opened, and no
 * others. The checks alone read it.
 */
export interface CanarySecret {
  /**
   * @returns always the same, of at least 256 bits of chance; to be erased by the caller
   * @throws ProviderError `provider-misconfigured` if there is none, or others may read it; `provider-access-denied`,
   *   `provider-busy`, `provider-unavailable`
   */
  read(): Promise<Secret>;
}
