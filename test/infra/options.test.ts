import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { beforeAll, describe, expect, it } from 'vitest';
import { tokenSettings } from '#runtime/tokens/token-settings.ts';
import { settingsOf } from '../../infra/settings.ts';
import { account, type Deployed, region } from './deployed.ts';
import { Principals } from './principals.ts';
import { inApp, makeEscrow, stacksOf, synthesize } from './synthesis.ts';
import { at } from './template.ts';

const issuer = {
  url: 'https://login.acme.example/realms/acme',
  audience: ['escrow'],
  rolesClaim: 'groups',
  roles: { 'escrow-admins': 'administrator' },
  groupsClaim: 'departments',
  organizationClaim: 'tenant',
} as const;
const domain = {
  name: 'escrow.acme.example',
  certificateArn: 'arn:aws:acm:us-west-2:111122223333:certificate/0a1b',
  hostedZone: { id: 'Z0ABC', name: 'acme.example' },
};

const retired = {
  ...({ kty: 'EC', crv: 'P-256' } as const),
  ...{ x: 'x'.repeat(43), y: 'y'.repeat(43), kid: 'k'.repeat(43) },
};

let deployed: Deployed;
beforeAll(() => {
  deployed = inApp((app) => {
    makeEscrow(app, {
      issuer,
      domain,
      corsOrigins: ['https://portal.acme.example'],
      alarmEmails: ['ops@acme.example'],
      ledgerBucket: { name: 'acme-audit-ledger', account: '444455556666' },
      ledgerRetentionDays: 4_000,
      retiredReceiptKeys: [Object.assign({ use: 'sig' }, retired)],
    });
    return stacksOf(app.synth());
  });
});

const environment = (idPrefix: string) =>
  at(
    deployed.only(deployed.service, 'AWS::Lambda::Function', idPrefix).Properties,
    'Environment',
    'Variables',
  );

describe('an organization whose receipt key was retired', () => {
  it('has another under the same alias, and leaves the one before as it is', () => {
    const key = deployed.only(deployed.vault, 'AWS::KMS::Key', 'KeysReceipts2');
    const keys = deployed.all('AWS::KMS::Key').map(({ id }) => id);
    expect(keys.filter((id) => id.startsWith('KeysReceipts'))).toEqual([key.id]);
    const alias = deployed.only(deployed.vault, 'AWS::KMS::Alias', 'KeysReceiptsAlias').Properties;
    expect(alias['AliasName']).toMatch(/\/receipts$/);
    expect(JSON.stringify(alias['TargetKeyId'])).toContain(key.id);
  });

  it('has functions that work with keys told of it, and of nothing else that stood in the set', () => {
    const told = at(environment('FunctionsdescribeserviceFunction'), 'ESCROW_RETIRED_RECEIPT_KEYS');
    expect(JSON.parse(String(told))).toEqual({ keys: [retired] });
  });
});

describe('an organization with an issuer and a domain of its own', () => {
  it('has no user pool', () => {
    expect(deployed.all('AWS::Cognito::UserPool')).toEqual([]);
  });

  it('has tokens verified as it says, in a form that the functions understand', () => {
    const told = at(environment('FunctionslistenrollmentsFunction'), 'ESCROW_TOKEN_SETTINGS');
    expect(tokenSettings(JSON.parse(String(told)))).toMatchObject({
      issuer: issuer.url,
      audience: ['escrow'],
      audienceClaim: 'aud',
      organization: { claim: 'tenant' },
      rolesClaim: 'groups',
      roles: { 'escrow-admins': 'administrator' },
      groupsClaim: 'departments',
    });
  });

  it('is reached under its domain alone, which tokens are asked for', () => {
    expect(at(environment('FunctionslistenrollmentsFunction'), 'ESCROW_RESOURCE')).toBe(
      'https://escrow.acme.example',
    );
    const api = deployed.only(deployed.service, 'AWS::ApiGatewayV2::Api');
    expect(api.Properties).toMatchObject({ DisableExecuteApiEndpoint: true });
    const record = deployed.only(deployed.service, 'AWS::Route53::RecordSet');
    expect(record.Properties).toMatchObject({
      Name: 'escrow.acme.example.',
      HostedZoneId: 'Z0ABC',
      Type: 'A',
    });
  });

  it('has its own web pages call the API, and no others', () => {
    const api = deployed.only(deployed.service, 'AWS::ApiGatewayV2::Api');
    expect(at(api.Properties, 'CorsConfiguration', 'AllowOrigins')).toEqual(['https://portal.acme.example']);
    expect(at(api.Properties, 'CorsConfiguration')).not.toHaveProperty('AllowCredentials');
  });

  describe('and a bucket of another account for its ledger', () => {
    const bucketArn = 'arn:aws:s3:::acme-audit-ledger';
    const sealer = () => new Principals(deployed).function('seal-ledger');
    const may = (action: string, context = {}) =>
      new Principals(deployed).may(sealer(), {
        action,
        resource: action === 's3:ListBucket' ? bucketArn : `${bucketArn}/ACME/000000001.jsonl`,
        context,
      });

    it('has none made, and the functions told which it is, whose, and for how long', () => {
      expect(deployed.all('AWS::S3::Bucket').map(({ id }) => id)).not.toContainEqual(
        expect.stringMatching(/^Segments/),
      );
      expect(environment('FunctionssealledgerFunction')).toMatchObject({
        ESCROW_SEGMENT_BUCKET: 'acme-audit-ledger',
        ESCROW_SEGMENT_BUCKET_OWNER: '444455556666',
        ESCROW_SEGMENT_RETENTION_DAYS: '4000',
      });
      expect(environment('FunctionsreadsegmentFunction')).not.toHaveProperty('ESCROW_SEGMENT_RETENTION_DAYS');
    });

    it('has segments put there in COMPLIANCE mode, and read; nothing else, and no key of this account used', () => {
      expect(may('s3:PutObject', { 's3:object-lock-mode': 'COMPLIANCE' })).toBe(true);
      expect(may('s3:PutObject', { 's3:object-lock-mode': 'GOVERNANCE' })).toBe(false);
      expect(['s3:GetObject', 's3:ListBucket'].filter((action) => !may(action))).toEqual([]);
      const others = [
        's3:DeleteObject',
        's3:DeleteObjectVersion',
        's3:BypassGovernanceRetention',
        's3:PutBucketPolicy',
      ];
      expect(others.filter((action) => may(action))).toEqual([]);
      const key = deployed.arn(deployed.vault, 'AWS::KMS::Key', 'Vault');
      const context = { 'kms:ViaService': 's3.us-west-2.amazonaws.com' };
      const asked = { action: 'kms:GenerateDataKey', resource: key, context };
      expect(new Principals(deployed).may(sealer(), asked)).toBe(false);
    });
  });

  it('has alarms mailed', () => {
    const mailed = deployed.only(deployed.service, 'AWS::SNS::Subscription');
    expect(mailed.Properties).toMatchObject({ Protocol: 'email', Endpoint: 'ops@acme.example' });
  });
});

it('meets every practice that it is held against with a bucket of another account for its ledger', () => {
  const ledgerBucket = { name: 'acme-audit-ledger', account: '444455556666' };
  expect(synthesize({ ledgerBucket }).report).toMatchObject({ pluginReports: [] });
});

describe('the construct', () => {
  const least = { env: { account, region }, organization: 'ACME' };
  const made = (more: Parameters<typeof makeEscrow>[1]) => () => inApp((app) => makeEscrow(app, more));

  it.each([
    ['stage', { stage: 'Production!' }],
    ['organization', { organization: 'ACME Inc.' }],
    ['account', { env: { account: '12345', region: 'us-west-2' } }],
    ['region', { env: { account: '111122223333', region: 'moon-1' } }],
    ['maxConcurrency', { maxConcurrency: 1 }],
  ])('is not made with a malformed %s', (name, more) => {
    expect(made(more)).toThrow(name);
  });

  // As an app in JavaScript may say it, or one in TypeScript that trusts its environment variables.
  it.each([
    ['organization must be', { organization: undefined }],
    ['env.account must be', { env: undefined }],
    ['env.region must be', { env: { account, region: 'Frankfurt' } }],
    ['issuer.url must be', { issuer: { url: 'http://issuer.example', audience: 'escrow' } }],
    ['issuer.audience must be', { issuer: { url: 'https://issuer.example' } }],
    ['domain.certificateArn must be', { domain: { name: 'escrow.acme.example' } }],
    ['custody.kind must be', { custody: 'pkcs11' }],
    ['custody.keySource must be', { custody: { kind: 'kms', keySource: 'disk' } }],
    ['alarmEmails must be', { alarmEmails: ['nobody'] }],
    ['alarmEmails must be a list', { alarmEmails: 'ops@acme.example' }],
    ['eventArchiveDays must be', { eventArchiveDays: 0.5 }],
    ['ledgerRetentionDays must be', { ledgerRetentionDays: 0 }],
    ['ledgerRetentionDays must be', { ledgerRetentionDays: 36_525 }],
    ['ledgerBucket.name must be', { ledgerBucket: { name: 'arn:aws:s3:::audit', account } }],
    ['ledgerBucket.account must be', { ledgerBucket: { name: 'audit' } }],
    ['retiredReceiptKeys must be', { retiredReceiptKeys: [{ ...retired, x: 'x' }] }],
    ['retiredReceiptKeys must be', { retiredReceiptKeys: Array(9).fill(retired) }],
    ['corsOrigins must be a list', { corsOrigins: 'https://portal.acme.example' }],
    ['corsOrigins must be', { corsOrigins: ['*'] }],
    ['corsOrigins must be', { corsOrigins: ['https://*.acme.example'] }],
    ['corsOrigins must be', { corsOrigins: ['https://portal.acme.example/'] }],
    ['corsOrigins must be', { corsOrigins: ['https://portal.acme.example/app'] }],
    ['corsOrigins must be', { corsOrigins: ['https://portal.acme.example:443'] }],
    ['corsOrigins must be', { corsOrigins: ['https://Portal.acme.example'] }],
    ['corsOrigins must be', { corsOrigins: ['https://me@portal.acme.example'] }],
    ['corsOrigins must be', { corsOrigins: ['http://portal.acme.example'] }],
    ['corsOrigins must be', { corsOrigins: ['portal.acme.example'] }],
    ['corsOrigins must be', { corsOrigins: ['null'] }],
  ])('is not made where %s something else', (sentence, more) => {
    const untyped = JSON.stringify({ ...least, ...more });
    expect(() => settingsOf(JSON.parse(untyped))).toThrow(sentence);
  });

  it.each(['https://portal.acme.example', 'https://portal.acme.example:8443', 'http://localhost:5173'])(
    'lets web pages of %s call the API',
    (origin) => {
      expect(settingsOf({ ...least, corsOrigins: [origin] }).corsOrigins).toEqual([origin]);
    },
  );

  // In JavaScript, or by way of a variable, no type stands against them.
  it.each([
    ['corsOrigin', { corsOrigin: ['https://portal.acme.example'] }],
    ['env.profile', { env: { account, region, profile: 'acme' } }],
    ['issuer.rolesclaim', { issuer: { ...issuer, rolesclaim: 'groups' } }],
    ['domain.certificate', { domain: { ...domain, certificate: domain.certificateArn } }],
    ['domain.hostedZone.zone', { domain: { ...domain, hostedZone: { ...domain.hostedZone, zone: 'Z' } } }],
    ['ledgerBucket.region', { ledgerBucket: { name: 'audit', account, region } }],
    ['custody.module', { custody: { kind: 'kms', module: '/opt/library.so' } }],
    ['custody.keySource', { custody: { kind: 'pkcs11', keySource: 'kms' } }],
    ['custody.ports.port', { custody: { kind: 'pkcs11', ports: { from: 1, to: 2, port: 1 } } }],
  ])('is not made with the unknown property %s, and names those that there are', (name, more) => {
    const given = JSON.parse(JSON.stringify({ ...least, ...more }));
    expect(() => settingsOf(given)).toThrow(`there is no property ${name}: leave it out, or say one of `);
  });

  it('is not made without the code of some function', () => {
    expect(made({ code: {} })).toThrow('there is no code for');
  });

  it('can be made in a stack of the app, beside which its own stacks stand', () => {
    const names = inApp((app) => {
      const own = new Stack(app, 'Own', { env: { account, region } });
      const assumedBy = new ServicePrincipal('lambda.amazonaws.com');
      makeEscrow(own).grantEnroll(new Role(own, 'Workflow', { assumedBy }));
      return app.synth().stacks.map(({ stackName }) => stackName);
    });
    // The grant names the bus, so the organization's stack comes after it.
    expect(names).toEqual(['enrollment-key-escrow-test-vault', 'enrollment-key-escrow-test-service', 'Own']);
  });
});
