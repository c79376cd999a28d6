import type { CreateKeyCommandInput } from '@aws-sdk/client-kms';
import { ProviderError } from '#domain/errors.ts';
import type { CallRules, KmsCalls } from './calls.ts';
import { isKmsError } from './errors.ts';

/** A KMS key as `DescribeKey` tells of it; its ARN names it whatever becomes of its aliases. */
export interface KnownKey {
  arn: string;
  state: string;
  spec: string;
  usage: string;
  origin: string;
}

/**
 * The key that an alias leads to, or a key by its ARN; undefined if there is none.
 * @throws ProviderError as `KmsCalls.call`
 */
export async function findKey(
  calls: KmsCalls,
  keyId: string,
  rules?: CallRules,
): Promise<KnownKey | undefined> {
  try {
    const { KeyMetadata: key } = await calls.call(
      (kms, request) => kms.describeKey({ KeyId: keyId }, request),
      {},
      rules,
    );
    return {
      arn: given(key?.Arn),
      state: given(key?.KeyState),
      spec: given(key?.KeySpec),
      usage: given(key?.KeyUsage),
      origin: given(key?.Origin),
    };
  } catch (error) {
    if (error instanceof ProviderError && error.code === 'key-not-found') return undefined;
    throw error;
  }
}

/**
 * Makes a KMS key that has no alias yet. A request whose answer was lost is not repeated: each one makes a key. What it left
 * is known by its tags (`sweep`).
 * @returns its ARN
 */
export async function createKey(calls: KmsCalls, input: CreateKeyCommandInput): Promise<string> {
  const { KeyMetadata: key } = await calls.call(
    (kms, request) => kms.createKey(input, request),
    {},
    { repeatable: false },
  );
  return given(key?.Arn);
}

/**
 * Gives a key an alias, unless the alias is taken: of several who try, one has it.
 * @returns false if the alias leads to another key
 */
export async function nameKey(calls: KmsCalls, alias: string, arn: string): Promise<boolean> {
  try {
    await calls.call(
      (kms, request) => kms.createAlias({ AliasName: alias, TargetKeyId: arn }, request),
      {},
      { fresh: true },
    );
    return true;
  } catch (error) {
    if (!(error instanceof ProviderError && isKmsError(error.cause, 'AlreadyExistsException'))) throw error;
    // Ours, perhaps: the answer to an earlier request may have been lost. It is there, so it will be found.
    return (await findKey(calls, alias, { fresh: true }))?.arn === arn;
  }
}

/**
 * Has a key destroyed: AWS KMS does not use it from now on, and destroys it when the window has passed. A key that is
 * being destroyed, or is not there, is success.
 */
export async function dropKey(
  calls: KmsCalls,
  arn: string,
  windowDays: number,
  rules?: CallRules,
): Promise<void> {
  try {
    await calls.call(
      (kms, request) => kms.scheduleKeyDeletion({ KeyId: arn, PendingWindowInDays: windowDays }, request),
      {},
      rules,
    );
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (error.code !== 'key-pending-deletion' && error.code !== 'key-not-found') throw error;
  }
}

/** Removes an alias; one that is not there is success. The key that it led to stays. */
export async function removeAlias(calls: KmsCalls, alias: string): Promise<void> {
  try {
    await calls.call((kms, request) => kms.deleteAlias({ AliasName: alias }, request));
  } catch (error) {
    if (!(error instanceof ProviderError) || error.code !== 'key-not-found') throw error;
  }
}

/**
 * The public half of a key.
 * @returns DER SubjectPublicKeyInfo
 */
export async function publicKeyOf(calls: KmsCalls, keyId: string, rules?: CallRules): Promise<Uint8Array> {
  const { PublicKey: publicKey } = await calls.call(
    (kms, request) => kms.getPublicKey({ KeyId: keyId }, request),
    {},
    rules,
  );
  return new Uint8Array(given(publicKey));
}

/** A field that AWS KMS always gives. @throws ProviderError `provider-unavailable` if it did not */
export function given<T>(field: T | undefined): T {
  if (field !== undefined) return field;
  throw new ProviderError('provider-unavailable', { why: 'the answer of AWS KMS lacks what was asked for' });
}
