import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

/** An AWS service that uses a key in the name of whoever calls it. */
export type StoringService = 'dynamodb' | 's3' | 'secretsmanager' | 'sns';

/** The use of a key by a service in the caller's name, and by no direct call. @param actions in full */
export function throughService(key: IKey, service: StoringService, actions: string[]): PolicyStatement {
  return new PolicyStatement({
    actions,
    resources: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': serviceName(service) } },
  });
}

/** As the condition key `kms:ViaService` names it. */
export function serviceName(service: StoringService): string {
  return `${service}.${Aws.REGION}.${Aws.URL_SUFFIX}`;
}
