import { createPublicKey } from 'node:crypto';
import { ProviderError } from '#domain/errors.ts';
import type { CallOptions, KeyProvider } from '#ports/key-provider.ts';
import { realWaiting, type Waiting } from '../aws/backoff.ts';
import { receiptJwk } from '../receipt-jwk.ts';
import { KmsCalls } from './calls.ts';
import type { Kms } from './client.ts';
import { kmsExportableKeys } from './exportable-keys.ts';
import { macMessage } from './mac-message.ts';
import { given, publicKeyOf } from './new-key.ts';
import { once } from './once.ts';
import { findOwnKeys, type OwnKeys } from './own-keys.ts';
import { kmsResidentKeys } from './resident-keys.ts';
import { type KeySettings, type KmsProviderSettings, keySettings } from './settings.ts';
import { rawP256Signature, signDigest } from './signing.ts';
import { sweepUnnamedKeys } from './sweep.ts';

/** A key provider over AWS KMS, where a crash can leave keys without a name. */
export type KmsProvider = KeyProvider & Required<Pick<KeyProvider, 'sweep'>>;

const defaultMilliseconds = 30_000;

/**
 * Custody in AWS KMS. Region, endpoint and credentials are what the environment tells the SDK (AWS_REGION,
 * AWS_ENDPOINT_URL_KMS, profiles, roles), and never settings of ours. The provider's own keys are found by alias, or made once;
 * what is wrong with them is thrown here, or by what first uses them.
 * @param waiting time and chance; a test passes its own
 * @throws ProviderError `provider-misconfigured` if the settings, the SDK, region, credentials or own keys are not as needed;
 *   `provider-access-denied`, `key-disabled`, `key-pending-deletion`, `provider-busy`, `provider-unavailable`
 */
export async function openKmsProvider(
  settings: KmsProviderSettings,
  waiting: Waiting = realWaiting,
): Promise<KmsProvider> {
  const checked = { ...keySettings(settings), createOwnKeys: settings.createOwnKeys };
  const calls = new KmsCalls(await openClient(), settings.callMilliseconds ?? defaultMilliseconds, waiting);
  const own = findOwnKeys(calls, checked);
  const provider = assemble(calls, checked, own, settings.keySource ?? 'memory', waiting);
  if (settings.findOwnKeys === 'when-used') return provider;
  try {
    await Promise.all([own.custody(), own.mac(), provider.receiptKey()]);
    return provider;
  } catch (error) {
    await calls.close();
    throw error;
  }
}

async function openClient(): Promise<Kms> {
  // Loaded only here: whoever has no keys in AWS KMS does not pay for it at every start.
  const { kmsClient } = await import('./client.ts').catch((cause: unknown) => {
    throw new ProviderError('provider-misconfigured', {
      why: 'the AWS SDK for KMS is not installed',
      next: 'Run npm ci.',
      cause,
    });
  });
  return kmsClient();
}

function assemble(
  calls: KmsCalls,
  settings: KeySettings,
  own: OwnKeys,
  source: 'kms' | 'memory',
  waiting: Waiting,
): KmsProvider {
  const receiptKey = once(async () => receiptJwk(await receiptPublicKey(calls, await own.receipts())));
  const { resident, importable } = kmsResidentKeys(calls, settings, waiting.now);
  return {
    custody: 'kms',
    residentKeys: resident,
    importableKeys: importable,
    exportableKeys: kmsExportableKeys(calls, own.custody, source),
    receiptKey: async () => ({ ...(await receiptKey()) }),
    signReceipt: async (message, options) =>
      rawP256Signature(
        await signDigest(calls, await own.receipts(options), 'ECDSA_SHA256', message, options),
      ),
    mac: async (message, options) => generateMac(calls, await own.mac(options), message, options),
    sweep: (before) => sweepUnnamedKeys(calls, settings, before),
    close: () => calls.close(),
  };
}

async function receiptPublicKey(calls: KmsCalls, arn: string) {
  const key = Buffer.from(await publicKeyOf(calls, arn, { fresh: true }));
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

async function generateMac(
  calls: KmsCalls,
  arn: string,
  message: Uint8Array,
  options?: CallOptions,
): Promise<Uint8Array> {
  const input = { KeyId: arn, Message: macMessage(message), MacAlgorithm: 'HMAC_SHA_256' } as const;
  const { Mac: mac } = await calls.call((kms, request) => kms.generateMac(input, request), options);
  return new Uint8Array(given(mac));
}
