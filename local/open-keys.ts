import { join } from 'node:path';
import type { TokenName } from '#adapters/pkcs11/token.ts';
import type { TokenLogin } from '#adapters/pkcs11/token-administration.ts';
import { openSoftwareProvider } from '#adapters/software/software-provider.ts';
import type { KeyProvider } from '#ports/key-provider.ts';

/** Where the keys of a one-machine service live. */
export type KeySource = 'software' | 'pkcs11' | 'kms';

export const keySources: readonly KeySource[] = ['software', 'pkcs11', 'kms'];

/** Where keys live, and what is needed to get there. */
export interface KeyChoice {
  keys: KeySource;
  /** A token of the operator's, for `pkcs11`; a SoftHSM token in the data folder if absent. */
  token?: {
    /** Path of its library. */
    module: string;
    token: TokenName;
    /** Where its PIN is, as `pinSource` reads it; not the PIN. */
    pin: string;
  };
  /** For `kms`; the rest is the standard environment of the AWS SDK. */
  kms?: { aliasPrefix?: string; keySource?: 'memory' | 'kms' };
  /** Keys that signed receipts before, which stay among those that are told. */
  retiredReceiptKeys?: NonNullable<KeyProvider['retiredReceiptKeys']>;
  /** Told at the opening what the token cannot do and why, as in `exportable keys: the token has no ...`. */
  onLack?(lack: string): void;
}

/** The keys that a data folder was set up with. */
export interface ExpectedKeys {
  /** The `kid` of the key that signs receipts; another than those that were retired, if absent. */
  receiptKeyId?: string;
}

/** Of settings that say more, what they say of keys. */
export function keyChoiceOf({ keys, token, kms }: KeyChoice): KeyChoice {
  return { keys, ...(token !== undefined && { token }), ...(kms !== undefined && { kms }) };
}

/**
 * Where keys are, for who started the service: `pkcs11, token escrow of /opt/vendor/pkcs11.so`.
 * @param environment that of the AWS SDK
 */
export function keyPlace(
  { keys, token, kms }: KeyChoice,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (keys === 'software') return 'software (for evaluation)';
  if (keys === 'pkcs11' && token === undefined) return 'pkcs11, a SoftHSM token in the data folder';
  if (token !== undefined) {
    const name = 'label' in token.token ? token.token.label : token.token.serial;
    return `pkcs11, token ${name} of ${token.module}`;
  }
  const endpoint = environment['AWS_ENDPOINT_URL_KMS'] ?? environment['AWS_ENDPOINT_URL'] ?? '';
  // The origin alone: an address may hold a password.
  const where = URL.canParse(endpoint) ? new URL(endpoint).origin : 'AWS';
  return `kms, alias/${kms?.aliasPrefix ?? 'escrow'}/ at ${where}`;
}

/**
 * Opens custody: keys of node:crypto in the data folder, a token, or AWS KMS. What a source needs is loaded only for it.
 * @param folder the data folder
 * @param expected the keys that must be there; without them the provider's own keys are made where there are none
 * @throws ProviderError `provider-misconfigured` (also where the token's library or binding is not installed),
 *   `provider-unavailable`, `provider-access-denied`
 */
export async function openKeys(
  choice: KeyChoice,
  folder: string,
  expected?: ExpectedKeys,
): Promise<KeyProvider> {
  const { retiredReceiptKeys = [] } = choice;
  return Object.assign(await openProvider(choice, folder, expected), { retiredReceiptKeys });
}

async function openProvider(
  choice: KeyChoice,
  folder: string,
  expected: ExpectedKeys | undefined,
): Promise<KeyProvider> {
  const { keys, token, kms } = choice;
  switch (keys) {
    case 'software':
      return await openSoftwareProvider({ folder: join(folder, 'software-keys'), stage: 'evaluation' });
    case 'pkcs11': {
      const { openPkcs11Provider } = await import('#adapters/pkcs11/pkcs11-provider.ts');
      const opened = await openPkcs11Provider({ ...(await tokenLogin(token, folder)), ...expected });
      for (const lack of opened.describe()) choice.onLack?.(lack);
      return opened;
    }
    case 'kms': {
      const { openKmsProvider } = await import('#adapters/kms/kms-provider.ts');
      return await openKmsProvider({ createOwnKeys: expected === undefined, ...kms });
    }
  }
}

/**
 * How to log in to the token of a choice; the one for evaluation is made if it is not there.
 * @param folder the data folder
 * @throws ProviderError `provider-misconfigured` (also where SoftHSM or the binding is not installed), `provider-unavailable`
 */
export async function tokenLogin(token: KeyChoice['token'], folder: string): Promise<TokenLogin> {
  if (token === undefined) {
    const { evaluationTokenLogin } = await import('./evaluation-token.ts');
    return await evaluationTokenLogin(join(folder, 'token'));
  }
  const { pinSource } = await import('#adapters/pkcs11/pin-source.ts');
  return { ...token, pin: pinSource(token.pin) };
}
