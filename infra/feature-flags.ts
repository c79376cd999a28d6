import type { Node } from 'constructs';

/** How the AWS CDK is to make what is in the construct, whatever the app that it is in has chosen for itself. */
const featureFlags: Readonly<Record<string, unknown>> = {
  '@aws-cdk/aws-kms:aliasNameRef': true,
  '@aws-cdk/aws-s3:createDefaultLoggingPolicy': true,
  '@aws-cdk/aws-s3:publicAccessBlockedByDefault': true,
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  '@aws-cdk/core:checkSecretUsage': true,
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
  '@aws-cdk/core:enablePartitionLiterals': true,
  '@aws-cdk/core:target-partitions': ['aws', 'aws-us-gov'],
};

/** Sets the feature flags of all that is made below. Nothing may be there yet. */
export function setFeatureFlags(node: Node): void {
  for (const [name, value] of Object.entries(featureFlags)) node.setContext(name, value);
}
