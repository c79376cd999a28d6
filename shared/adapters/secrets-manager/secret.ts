import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { EscrowError, ProviderError } from '#domain/errors.ts';
import { Secret } from '#domain/secret.ts';
import { neverInClear } from '../aws/client.ts';
import { causeOf, type Meaning, meaningOf } from '../aws/sdk-errors.ts';
import { whileWanted } from '../call-limits.ts';

const service = { name: 'AWS Secrets Manager', page: 'docs/kms.md' };

const gone = (why: string): Meaning => ({
  code: 'provider-misconfigured',
  effect: 'final',
  why,
  next: 'Check the reference, the region and the account; restore the secret if it was deleted.',
});
const inside: Meaning = {
  code: 'provider-unavailable',
  effect: 'unknown',
  why: 'AWS Secrets Manager failed inside',
};

/** What the errors of GetSecretValue mean to a caller (API reference). */
const meanings: Readonly<Record<string, Meaning>> = {
  ResourceNotFoundException: gone('there is no such secret in AWS Secrets Manager'),
  InvalidRequestException: gone('the secret in AWS Secrets Manager was deleted, or has no value yet'),
  InvalidParameterException: gone('the reference names no secret of AWS Secrets Manager'),
  ValidationException: gone('the reference names no secret of AWS Secrets Manager'),
  DecryptionFailure: {
    code: 'provider-access-denied',
    effect: 'final',
    why: 'AWS Secrets Manager cannot decrypt the secret for this service',
    next: 'Allow the service kms:Decrypt on the KMS key of the secret, and check that the key is enabled.',
  },
  InternalServiceError: inside,
};

const defaultMilliseconds = 30_000;

/**
 * Reads a secret from AWS Secrets Manager. Region, endpoint (AWS_ENDPOINT_URL_SECRETS_MANAGER) and credentials are what the
 * environment tells the SDK, which also repeats what passes.
 * @param reference the secret's name or ARN
 * @param jsonField where the secret is a JSON object: which of its texts
 * @param milliseconds how long it may take, with what is repeated
 * @returns the text as UTF-8, or the bytes of a binary secret; to be erased by the caller
 * @throws ProviderError `provider-misconfigured` if there is no such secret or field, or region or credentials are missing;
 *   `provider-access-denied`, `provider-busy`, `provider-unavailable`
 */
export async function readSecret(
  reference: string,
  jsonField?: string,
  milliseconds = defaultMilliseconds,
): Promise<Secret> {
  const client = await openClient();
  const controller = new AbortController();
  try {
    const deadline = new Date(Date.now() + milliseconds);
    const { SecretString: text, SecretBinary: binary } = await whileWanted({ deadline }, () =>
      client.getSecretValue({ SecretId: reference }, { abortSignal: controller.signal }),
    );
    if (jsonField !== undefined) return fieldOf(text, jsonField);
    if (text !== undefined) return Secret.fromText(text);
    if (binary !== undefined) return new Secret(binary);
    throw new ProviderError('provider-misconfigured', { why: 'the secret has no value' });
  } catch (error) {
    throw ours(error);
  } finally {
    controller.abort();
    client.destroy();
  }
}

async function openClient(): Promise<SecretsManager> {
  // Loaded only here: most installations keep no PIN there.
  const sdk = await import('@aws-sdk/client-secrets-manager').catch((cause: unknown) => {
    throw new ProviderError('provider-misconfigured', {
      why: 'the AWS SDK for Secrets Manager is not installed',
      next: 'Run npm ci.',
      cause,
    });
  });
  return neverInClear(new sdk.SecretsManager());
}

function fieldOf(text: string | undefined, name: string): Secret {
  const parsed = v.safeParse(v.record(v.string(), v.unknown()), asJson(text ?? ''));
  const value = parsed.success && Object.hasOwn(parsed.output, name) ? parsed.output[name] : undefined;
  if (typeof value === 'string') return Secret.fromText(value);
  // Neither what was read nor what a parser says of it: both may be the secret.
  throw new ProviderError('provider-misconfigured', {
    why: `the secret in AWS Secrets Manager is no JSON object with a text ${name}`,
    next: 'Name a field that is there, or none to take the whole secret.',
  });
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function ours(error: unknown): EscrowError {
  if (error instanceof EscrowError) return error;
  const { code, effect: _, ...details } = meaningOf(error, service, meanings);
  return new ProviderError(code, { ...details, cause: causeOf(error) });
}
