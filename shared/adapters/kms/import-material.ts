import { verifySignature } from '#crypto/public-key.ts';
import { ProviderError } from '#domain/errors.ts';
import { type KeySpec, keySpecs } from '#domain/key-spec.ts';
import type { Secret } from '#domain/secret.ts';
import type { CallOptions } from '#ports/key-provider.ts';
import { throwIfUnwanted } from '../call-limits.ts';
import { importedPublicKey } from '../imported-key.ts';
import type { KmsCalls } from './calls.ts';
import { wrapKeyMaterial } from './key-material.ts';
import { given } from './new-key.ts';
import { signDigest } from './signing.ts';

const proofMessage = Buffer.from('enrollment-key-escrow: the imported key works');

/** To an import they mean that the wrapping was not understood, and not that stored data was changed. */
const importMeanings = {
  InvalidCiphertextException: 'provider-incapable',
  IncorrectKeyMaterialException: 'provider-incapable',
} as const;

/**
 * Brings key material into a KMS key that was made for it, and proves by a signature that it works there.
 * @param arn a key of origin EXTERNAL, without material yet
 * @param privateKey PKCS#8 PrivateKeyInfo, DER; the caller erases it
 * @returns the DER SubjectPublicKeyInfo
 * @throws ProviderError as `KmsCalls.call`; `provider-unavailable` if the proof fails
 */
export async function importMaterial(
  calls: KmsCalls,
  arn: string,
  spec: KeySpec,
  privateKey: Secret,
  options?: CallOptions,
): Promise<Uint8Array> {
  const parameters = await calls.call(
    (kms, request) =>
      kms.getParametersForImport(
        { KeyId: arn, WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256', WrappingKeySpec: 'RSA_4096' },
        request,
      ),
    options,
    { fresh: true },
  );
  throwIfUnwanted(options ?? {});
  const publicKey = importedPublicKey(privateKey, spec);
  const input = {
    KeyId: arn,
    ImportToken: given(parameters.ImportToken),
    EncryptedKeyMaterial: wrapKeyMaterial(given(parameters.PublicKey), privateKey),
    ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
  } as const;
  // The same material may be imported twice, so a lost answer is no harm.
  const rules = { fresh: true, meanings: importMeanings };
  await calls.call((kms, request) => kms.importKeyMaterial(input, request), {}, rules);
  await prove(calls, arn, spec, publicKey);
  return publicKey;
}

async function prove(calls: KmsCalls, arn: string, spec: KeySpec, publicKey: Uint8Array): Promise<void> {
  const { signature: algorithm } = keySpecs[spec];
  const signature = await signDigest(calls, arn, algorithm, proofMessage, {}, { fresh: true });
  if (verifySignature(publicKey, algorithm, proofMessage, signature)) return;
  throw new ProviderError('provider-unavailable', {
    why: 'the key that was brought into AWS KMS does not sign as it did',
  });
}
