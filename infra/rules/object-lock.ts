import { type CfnResource, Stack } from 'aws-cdk-lib';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { statementsOf } from './policy-of.ts';

const retaining = ['s3:PutObject', 's3:PutObjectRetention'];
const lifting = ['s3:BypassGovernanceRetention', 's3:DeleteObject', 's3:DeleteObjectVersion'];

/**
 * Locks that somebody could lift: a bucket with Object Lock whose default mode is not COMPLIANCE, a grant that locks in whatever
 * mode, and any grant to remove an object or to bypass its lock.
 * @returns what is wrong, by names of actions and properties
 */
export function weakLocks(node: CfnResource): string[] {
  if (node instanceof CfnBucket) return ofBucket(node);
  return statementsOf(node)
    .filter(({ effect, ofResource }) => effect === 'Allow' && !ofResource)
    .flatMap(({ actions, conditions }) => {
      const operators = ['StringEquals', 'StringEqualsIfExists'];
      const inCompliance = operators.some(
        (operator) => conditions[operator]?.['s3:object-lock-mode'] === 'COMPLIANCE',
      );
      return actions.filter(
        (action) => lifting.includes(action) || (retaining.includes(action) && !inCompliance),
      );
    });
}

function ofBucket(bucket: CfnBucket): string[] {
  if (bucket.objectLockEnabled !== true) return [];
  const configuration = JSON.stringify(Stack.of(bucket).resolve(bucket.objectLockConfiguration)) ?? '';
  return configuration.includes('"mode":"COMPLIANCE"') ? [] : ['objectLockConfiguration'];
}
