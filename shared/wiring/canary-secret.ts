import { canarySecretIn } from '#adapters/secrets-manager/canary-secret.ts';
import { environmentNames } from '#contract/environment.ts';
import type { CanarySecret } from '#ports/canary-secret.ts';
import { given } from './environment.ts';
import type { Opening } from './opening.ts';

/** What the canaries' keys are derived from, in AWS Secrets Manager. @throws SetUpError `not-set-up` */
export function openCanarySecret({ environment }: Pick<Opening, 'environment'>): CanarySecret {
  return canarySecretIn(given(environment, environmentNames.canarySecret));
}
