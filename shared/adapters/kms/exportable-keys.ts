import { createPublicKey, type KeyObject } from 'node:crypto';
import { makeKeyPair, privateKeyObject } from '#crypto/key-pair.ts';
import { ProviderError } from '#domain/errors.ts';
import { type KeySpec, keySpecNames } from '#domain/key-spec.ts';
import { Secret } from '#domain/secret.ts';
import type { CallOptions, ExportableKeyPair, ExportableKeys, KeyContext } from '#ports/key-provider.ts';
import { finishPrivateKeyInfo } from '../private-key-info.ts';
import type { KmsCalls } from './calls.ts';
import { given } from './new-key.ts';
import type { OwnKeys } from './own-keys.ts';

/** An altered blob, or one of another shape, is refused as malformed in some cases; to a caller all are one. */
const unwrapMeanings = { ValidationException: 'wrapped-key-invalid' } as const;

/**
 * Exportable keys: a ciphertext of AWS KMS each, with the key's context as encryption context.
 * @param findCustodyKey gives its ARN
 * @param source where pairs are made; what AWS KMS makes costs about a hundred times a wrapping, and RSA pairs are few a second
 */
export function kmsExportableKeys(
  calls: KmsCalls,
  findCustodyKey: OwnKeys['custody'],
  source: 'kms' | 'memory',
): ExportableKeys {
  const make = source === 'kms' ? makeInKms : makeInMemory;
  return {
    specs: keySpecNames,
    generate: (spec, context, options) =>
      calls.whole(
        options,
        async () => make(calls, await findCustodyKey(options), spec, context, options),
        (late) => late.privateKey.erase(),
      ),
    unwrap: async (wrapped, context, options) =>
      unwrap(calls, await findCustodyKey(options), wrapped, context, options),
  };
}

/**
 * What AWS KMS authenticates with a ciphertext; the same names stand in key policies as `kms:EncryptionContext:purpose`
 * and in CloudTrail in clear.
 */
function encryptionContext({ organization, enrollmentId, purpose }: KeyContext): Record<string, string> {
  return { organization, enrollment: enrollmentId, purpose };
}

async function makeInKms(
  calls: KmsCalls,
  custodyKey: string,
  spec: KeySpec,
  context: KeyContext,
  options?: CallOptions,
): Promise<ExportableKeyPair> {
  const input = { KeyId: custodyKey, KeyPairSpec: spec, EncryptionContext: encryptionContext(context) };
  const made = await calls.call((kms, request) => kms.generateDataKeyPair(input, request), options);
  const { privateKey, publicKey } = readPair(given(made.PrivateKeyPlaintext));
  return {
    publicKey: spki(publicKey),
    privateKey,
    wrapped: new Uint8Array(given(made.PrivateKeyCiphertextBlob)),
  };
}

async function makeInMemory(
  calls: KmsCalls,
  custodyKey: string,
  spec: KeySpec,
  context: KeyContext,
  options?: CallOptions,
): Promise<ExportableKeyPair> {
  const { publicKey, privateKey } = await makeKeyPair(spec);
  try {
    const input = {
      KeyId: custodyKey,
      Plaintext: privateKey.bytes(),
      EncryptionContext: encryptionContext(context),
    };
    const made = await calls.call((kms, request) => kms.encrypt(input, request), options);
    return { publicKey, privateKey, wrapped: new Uint8Array(given(made.CiphertextBlob)) };
  } catch (error) {
    privateKey.erase();
    throw error;
  }
}

async function unwrap(
  calls: KmsCalls,
  custodyKey: string,
  wrapped: Uint8Array,
  context: KeyContext,
  options?: CallOptions,
): Promise<Secret> {
  // The key is named: without it AWS KMS would take any key that the ciphertext says, of other accounts too.
  const input = { KeyId: custodyKey, CiphertextBlob: wrapped, EncryptionContext: encryptionContext(context) };
  const opened = await calls.call((kms, request) => kms.decrypt(input, request), options, {
    meanings: unwrapMeanings,
  });
  return readPair(given(opened.Plaintext)).privateKey;
}

/**
 * A private key as AWS KMS gives it, in the one form that all our keys have: PKCS#8 as OpenSSL writes it, the public point
 * of an EC key inside.
 * @param plaintext PKCS#8, DER; overwritten
 * @throws ProviderError `wrapped-key-invalid` if it is no private key
 */
function readPair(plaintext: Uint8Array): { privateKey: Secret; publicKey: KeyObject } {
  try {
    const key = privateKeyObject(new Secret(plaintext));
    const privateKey = finishPrivateKeyInfo(key.export({ format: 'der', type: 'pkcs8' }));
    return { privateKey, publicKey: createPublicKey(key) };
  } catch {
    // No cause: OpenSSL's message may quote what it read.
    throw new ProviderError('wrapped-key-invalid', { why: 'what AWS KMS unwrapped is no private key' });
  } finally {
    plaintext.fill(0);
  }
}

function spki(publicKey: KeyObject): Uint8Array {
  return new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
}
