import type { CanarySecret } from '#ports/canary-secret.ts';
import { readSecret } from './secret.ts';

/**
 * The canaries' secret in AWS Secrets Manager, which generated it when the service was deployed.
 * @param reference the secret's name or ARN
 */
export function canarySecretIn(reference: string): CanarySecret {
  return { read: () => readSecret(reference) };
}
