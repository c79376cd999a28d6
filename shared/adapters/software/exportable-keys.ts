import { makeKeyPair } from '#crypto/key-pair.ts';
import { keySpecNames } from '#domain/key-spec.ts';
import type { Secret } from '#domain/secret.ts';
import type { ExportableKeys } from '#ports/key-provider.ts';
import { whileWanted } from '../call-limits.ts';
import { encodeKeyContext } from '../key-context.ts';
import { unwrapPrivateKey, wrapPrivateKey } from './aes-gcm-wrapping.ts';

const label = 'escrow software exportable key';

/**
 * Exportable keys made in memory and wrapped with their context as associated data, as the encryption context of a key
 * management service is bound.
 * @param wrappingKey AES-256; throws once the provider is closed
 */
export function softwareExportableKeys(wrappingKey: () => Secret): ExportableKeys {
  return {
    specs: keySpecNames,

    generate: (spec, context, options) =>
      whileWanted(
        options,
        async () => {
          const { publicKey, privateKey } = await makeKeyPair(spec);
          const wrapped = wrapPrivateKey(wrappingKey(), privateKey, encodeKeyContext(label, context));
          return { publicKey, privateKey, wrapped };
        },
        ({ privateKey }) => privateKey.erase(),
      ),

    unwrap: (wrapped, context, options) =>
      whileWanted(
        options,
        async () => unwrapPrivateKey(wrappingKey(), wrapped, encodeKeyContext(label, context)),
        (privateKey) => privateKey.erase(),
      ),
  };
}
