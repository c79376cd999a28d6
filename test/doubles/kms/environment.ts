import type { KmsDouble } from './kms-double.ts';

/** The variables that lead the AWS SDK to the double. The credentials are nobody's: it looks at their form alone. */
export function kmsEnvironment({ endpoint, region }: Pick<KmsDouble, 'endpoint' | 'region'>) {
  return {
    AWS_ENDPOINT_URL_KMS: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  };
}
