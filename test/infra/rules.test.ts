import { App, Duration, Stack } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { checkPractices } from '../../infra/checks.ts';
import { EscrowChecks } from '../../infra/rules/escrow-checks.ts';
import { exceptions } from '../../infra/rules/wildcards.ts';
import { inApp } from './synthesis.ts';

/** The findings of the project's own rules about what is made. */
function findings(make: (stack: Stack) => void): string[] {
  const app = new App({ analyticsReporting: false });
  make(new Stack(app, 'Sample'));
  return new EscrowChecks().validateScope(app).violations.map(({ ruleName }) => ruleName);
}

function roleThatMay(
  stack: Stack,
  statement: { actions: string[]; resources: string[]; conditions?: object },
) {
  const document = new PolicyDocument({ statements: [new PolicyStatement(statement)] });
  const assumedBy = new ServicePrincipal('lambda.amazonaws.com');
  return new Role(stack, 'Role', { assumedBy, inlinePolicies: { Own: document } });
}

const context = {
  StringEquals: { 'kms:EncryptionContext:purpose': ['encryption'] },
  Null: { 'kms:EncryptionContext:organization': 'false', 'kms:EncryptionContext:enrollment': 'false' },
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['organization', 'enrollment', 'purpose'] },
};
const key = 'arn:aws:kms:us-west-2:111122223333:key/1';

describe('wildcards', () => {
  it.each([
    ['in an action', ['dynamodb:*'], ['arn:aws:dynamodb:us-west-2:111122223333:table/a']],
    ['for everything', ['dynamodb:GetItem'], ['*']],
    ['for many of a kind', ['sqs:SendMessage'], ['arn:aws:sqs:us-west-2:111122223333:escrow-*']],
    ['for every key, though the action be one with exceptions', ['kms:Sign'], ['*']],
  ])('are found %s', (_where, actions, resources) => {
    expect(findings((stack) => roleThatMay(stack, { actions, resources }))).toEqual([
      expect.stringMatching(/^Escrow-NoWildcards\[/),
    ]);
  });

  it('are found in the policy of a key, where `*` is that key but no action', () => {
    const made = findings((stack) => {
      const statement = new PolicyStatement({
        principals: [new ServicePrincipal('logs.us-west-2.amazonaws.com')],
        actions: ['kms:GenerateMac*'],
        resources: ['*'],
      });
      new Key(stack, 'Key', { policy: new PolicyDocument({ statements: [statement] }) });
    });
    expect(made).toEqual(['Escrow-NoWildcards[kms:GenerateMac*]']);
  });

  it('are of no concern in what is denied', () => {
    const made = findings((stack) =>
      roleThatMay(stack, { actions: ['xray:PutTraceSegments'], resources: ['*'] }).addToPolicy(
        new PolicyStatement({ effect: Effect.DENY, actions: ['ec2:*'], resources: ['*'] }),
      ),
    );
    expect(made).toEqual([]);
  });

  it('are accepted for a reason each, for actions that are named in full', () => {
    for (const { actions, why } of exceptions) {
      expect(why).toMatch(/^[A-Z].*\.$/);
      expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    }
  });
});

describe('custody', () => {
  const may = (actions: string[], conditions?: object) =>
    findings((stack) => roleThatMay(stack, { actions, resources: [key], ...(conditions && { conditions }) }));

  it('is granted with the whole encryption context', () => {
    expect(may(['kms:Decrypt'], context)).toEqual([]);
  });

  it('is found to be granted without one', () => {
    expect(may(['kms:Decrypt', 'kms:Encrypt'])).toEqual([
      'Escrow-CustodyContext[kms:Decrypt]',
      'Escrow-CustodyContext[kms:Encrypt]',
    ]);
  });

  it.each(['StringEquals', 'Null', 'ForAllValues:StringEquals'] as const)(
    'is found to be granted without the condition %s',
    (left) => {
      const { [left]: _, ...others } = context;
      expect(may(['kms:GenerateDataKeyPair'], others)).toEqual([
        'Escrow-CustodyContext[kms:GenerateDataKeyPair]',
      ]);
    },
  );

  it('is not what a service does for whoever calls it', () => {
    const viaService = { StringEquals: { 'kms:ViaService': 's3.us-west-2.amazonaws.com' } };
    expect(may(['kms:Decrypt'], viaService)).toEqual([]);
  });
});

describe('locks', () => {
  const bucket = (stack: Stack, retention?: ObjectLockRetention) =>
    new Bucket(stack, 'Locked', { objectLockEnabled: true, objectLockDefaultRetention: retention });

  it('are of COMPLIANCE mode', () => {
    const compliance = ObjectLockRetention.compliance(Duration.days(1));
    expect(findings((stack) => bucket(stack, compliance))).toEqual([]);
  });

  it('are found to be of GOVERNANCE mode, or of none', () => {
    const governance = ObjectLockRetention.governance(Duration.days(1));
    const found = ['Escrow-ObjectLockCompliance[objectLockConfiguration]'];
    expect(findings((stack) => bucket(stack, governance))).toEqual(found);
    expect(findings((stack) => bucket(stack))).toEqual(found);
  });

  it.each(['s3:PutObjectRetention', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'])(
    'are found to be in the hands of who may %s',
    (action) => {
      const resources = ['arn:aws:s3:::backups/one'];
      expect(findings((stack) => roleThatMay(stack, { actions: [action], resources }))).toEqual([
        `Escrow-ObjectLockCompliance[${action}]`,
      ]);
    },
  );
});

describe('synthesis', () => {
  it.each([
    ['AWS Solutions', 'AwsSolutions-S1', (stack: Stack) => new Bucket(stack, 'Open')],
    ['NIST 800-53', 'S3BucketReplicationEnabled', (stack: Stack) => new Bucket(stack, 'Alone')],
    [
      'our own',
      'Escrow-NoWildcards',
      (stack: Stack) => roleThatMay(stack, { actions: ['sns:Publish'], resources: ['*'] }),
    ],
  ])('fails on what breaks %s practices', (_whose, rule, make) => {
    const synthesize = () =>
      inApp((app) => {
        checkPractices(app);
        make(new Stack(app, 'Careless'));
        app.synth();
      });
    expect(synthesize).toThrow(rule);
  });
});
