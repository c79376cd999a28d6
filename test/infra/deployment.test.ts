import { describe, expect, it } from 'vitest';
import { readDeployment } from '../../infra/deployment.ts';
import { inApp } from './synthesis.ts';

const found = '111122223333';
const read = (context: Record<string, unknown>, account?: string) =>
  inApp(({ node }) => {
    for (const [name, value] of Object.entries(context)) node.setContext(name, value);
    return readDeployment(node, account);
  });

describe('the deployment', () => {
  it('is known by region and organization, and the account that credentials were found for', () => {
    const { env, organization } = read({ region: 'us-gov-west-1', organization: 'ACME' }, found);
    expect({ env, organization }).toEqual({
      env: { account: found, region: 'us-gov-west-1' },
      organization: 'ACME',
    });
  });

  it('stands in for itself with no account at hand, so that templates can be made anywhere', () => {
    expect(read({})).toMatchObject({
      env: { account: '000000000000', region: 'us-east-1' },
      organization: 'example',
    });
  });

  it.each(['region', 'organization'])(
    'is refused without %s, by name, once there is an account',
    (missing) => {
      const { [missing]: _, ...context }: Record<string, string> = {
        region: 'us-west-2',
        organization: 'ACME',
      };
      expect(() => read(context, found)).toThrow(`-c ${missing}=`);
    },
  );

  it.each([
    ['stage', 'Production!'],
    ['account', '12345'],
    ['account', 111122223333],
    ['region', 'moon-1'],
    ['organization', '-acme'],
    ['custody', 'paper'],
    ['issuer', 'http://issuer.example'],
    ['tokenModule', 'libcloudhsm_pkcs11.so'],
  ])('is refused for %s = %s, by name', (name, value) => {
    const good = { region: 'us-west-2', organization: 'ACME', custody: 'pkcs11' };
    expect(() => read({ ...good, [name]: value }, found)).toThrow(`the setting ${name} is not well-formed`);
  });

  it.each([
    ['audience', { audience: 'escrow' }],
    ['ledgerBucketAccount', { ledgerBucketAccount: '444455556666' }],
    ['certificate', { certificate: 'arn:aws:acm:us-west-2:111122223333:certificate/0a1b' }],
    ['tokenLabel', { tokenLabel: 'acme' }],
    ['tokenModule', { tokenModule: '/opt/vendor/pkcs11.so', custody: 'kms' }],
    ['keySource', { keySource: 'kms', custody: 'pkcs11' }],
  ])('is refused where %s would count for nothing', (name, context) => {
    expect(() => read(context)).toThrow(`the setting ${name} counts only with -c `);
  });

  it.each(['organisation', 'Stage', 'alarmEmails', 'key-source'])(
    'is refused with %s, which is no setting',
    (name) => {
      expect(() => read({ [name]: 'acme' })).toThrow(`there is no setting ${name}: `);
    },
  );

  it("leaves what is the AWS CDK's own in the context alone", () => {
    const own = {
      '@aws-cdk/core:x': true,
      'aws:cdk:x': true,
      'hosted-zone:account=1': {},
      'cli-telemetry': false,
    };
    expect(read(own).organization).toBe('example');
  });

  it('has its keys in AWS KMS unless a token is asked for', () => {
    expect(read({}).custody).toEqual({ kind: 'kms', keySource: 'memory' });
    expect(read({ custody: 'pkcs11', tokenLabel: 'acme' }).custody).toMatchObject({
      kind: 'pkcs11',
      label: 'acme',
    });
  });

  it('takes an issuer only with the audience that tokens must be meant for', () => {
    const issuer = 'https://issuer.example/tenant';
    expect(() => read({ issuer })).toThrow('-c audience=');
    expect(read({ issuer, audience: 'escrow' }).issuer).toEqual({ url: issuer, audience: 'escrow' });
  });

  it('takes a bucket for the ledger only with its account, and a retention in days', () => {
    expect(() => read({ ledgerBucket: 'audit' })).toThrow('-c ledgerBucketAccount=');
    expect(() => read({ ledgerRetentionDays: 'forever' })).toThrow('ledgerRetentionDays is not well-formed');
    const said = { ledgerBucket: 'audit', ledgerBucketAccount: '444455556666', ledgerRetentionDays: '4000' };
    expect(read(said)).toMatchObject({
      ledgerBucket: { name: 'audit', account: '444455556666' },
      ledgerRetentionDays: 4_000,
    });
  });

  it('takes the keys that signed receipts before as a jwks.json has them', () => {
    const keys = [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k' }];
    expect(read({ retiredReceiptKeys: `${JSON.stringify({ keys }, null, 2)}\n` }).retiredReceiptKeys).toEqual(
      keys,
    );
    expect(() => read({ retiredReceiptKeys: 'jwks.json' })).toThrow('retiredReceiptKeys is not well-formed');
    expect(() => read({ retiredReceiptKeys: '{"keys":[}]}' })).toThrow('retiredReceiptKeys is not JSON');
  });

  it('takes a domain only with the certificate for it', () => {
    const certificate = 'arn:aws:acm:us-west-2:111122223333:certificate/0a1b';
    expect(() => read({ domain: 'escrow.acme.example' })).toThrow('-c certificate=');
    expect(read({ domain: 'escrow.acme.example', certificate }).domain).toEqual({
      name: 'escrow.acme.example',
      certificateArn: certificate,
    });
  });
});
