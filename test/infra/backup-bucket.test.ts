import { describe, expect, it } from 'vitest';
import { asText, Policy } from './policy.ts';
import { only, vaultTemplate } from './synthesis.ts';

const template = vaultTemplate();
const bucket = only(template, 'AWS::S3::Bucket', 'Backups');
const accessLogs = only(template, 'AWS::S3::Bucket', 'AccessLogs');
const policy = policyOf('BackupsPolicy');

/** A write as the service makes it: over TLS, of a new name. */
const goodWrite = {
  'aws:SecureTransport': 'true',
  's3:TlsVersion': '1.3',
  's3:ObjectCreationOperation': 'true',
  's3:if-none-match': '*',
};

describe('a backup', () => {
  it('is written by a conditional request over TLS', () => {
    expect(policy.deniesEverybody('s3:PutObject', goodWrite)).toBe(false);
  });

  it.each(['s3:DeleteObject', 's3:DeleteObjectVersion'])('is removed by nobody (%s)', (action) => {
    expect(policy.deniesEverybody(action)).toBe(true);
  });

  it('is locked in COMPLIANCE mode, which no administrator lifts, for a day from its writing', () => {
    expect(bucket.Properties['ObjectLockConfiguration']).toEqual({
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Days: 1, Mode: 'COMPLIANCE' } },
    });
  });

  it('cannot be locked in GOVERNANCE mode instead', () => {
    const context = { ...goodWrite, 's3:object-lock-mode': 'GOVERNANCE' };
    expect(policy.deniesEverybody('s3:PutObject', context)).toBe(true);
    expect(policy.deniesEverybody('s3:PutObjectRetention', context)).toBe(true);
  });

  it('and nobody bypasses a lock of that mode', () => {
    expect(policy.deniesEverybody('s3:BypassGovernanceRetention')).toBe(true);
  });

  it.each([
    ['ten years', 3_653, false],
    ['a century', 36_525, true],
  ])('kept for %s by a slip of the pen (%i days): refused is %s', (_span, days, refused) => {
    const context = {
      's3:object-lock-mode': 'COMPLIANCE',
      's3:object-lock-remaining-retention-days': String(days),
    };
    expect(policy.deniesEverybody('s3:PutObjectRetention', context)).toBe(refused);
  });

  it('has a name that is written only once', () => {
    const { 's3:if-none-match': _, ...unconditional } = goodWrite;
    expect(policy.deniesEverybody('s3:PutObject', unconditional)).toBe(true);
  });

  it('keeps every version', () => {
    expect(bucket.Properties['VersioningConfiguration']).toEqual({ Status: 'Enabled' });
  });
});

describe('encryption of the backups', () => {
  const vaultKey = { 'Fn::GetAtt': [expect.stringMatching(/^KeysVault/), 'Arn'] };

  it('is under the vault key, with a bucket key', () => {
    expect(bucket.Properties['BucketEncryption']).toEqual({
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: vaultKey },
        },
      ],
    });
  });

  it.each([
    ['the keys of S3 itself', { 's3:x-amz-server-side-encryption': 'AES256' }],
    ["the account's shared key", { 's3:x-amz-server-side-encryption': 'aws:kms' }],
    [
      'another key',
      {
        's3:x-amz-server-side-encryption': 'aws:kms',
        's3:x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:us-west-2:111122223333:key/other',
      },
    ],
  ])('cannot be under %s', (_which, encryption) => {
    expect(policy.deniesEverybody('s3:PutObject', { ...goodWrite, ...encryption })).toBe(true);
  });

  it('may name the vault key', () => {
    const [vaultKeyId] = Object.keys(template.findResources('AWS::KMS::Key')).filter((id) =>
      id.startsWith('KeysVault'),
    );
    const encryption = {
      's3:x-amz-server-side-encryption': 'aws:kms',
      's3:x-amz-server-side-encryption-aws-kms-key-id': asText({ 'Fn::GetAtt': [vaultKeyId, 'Arn'] }),
    };
    expect(policy.deniesEverybody('s3:PutObject', { ...goodWrite, ...encryption })).toBe(false);
  });
});

describe.each([
  ['the backup bucket', bucket, policy],
  ['the access log bucket', accessLogs, policyOf('AccessLogsPolicy')],
])('%s', (_name, resource, itsPolicy) => {
  it('is kept when the stack is deleted', () => {
    expect(resource).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it('can be made public by nobody', () => {
    expect(resource.Properties['PublicAccessBlockConfiguration']).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(resource.Properties['OwnershipControls']).toEqual({
      Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }],
    });
  });

  it.each(['s3:GetObject', 's3:PutObject', 's3:ListBucket'])(
    'refuses %s without TLS, or under an old one',
    (action) => {
      expect(itsPolicy.deniesEverybody(action, { ...goodWrite, 'aws:SecureTransport': 'false' })).toBe(true);
      expect(itsPolicy.deniesEverybody(action, { ...goodWrite, 's3:TlsVersion': '1.1' })).toBe(true);
      expect(itsPolicy.deniesEverybody(action, goodWrite)).toBe(false);
    },
  );
});

describe('access to the backups', () => {
  it('is recorded, request by request', () => {
    expect(bucket.Properties['LoggingConfiguration']).toEqual({
      DestinationBucketName: { Ref: expect.stringMatching(/^AccessLogs/) },
      LogFilePrefix: 'backups/',
    });
  });
});

function policyOf(idPrefix: string): Policy {
  return new Policy(only(template, 'AWS::S3::BucketPolicy', idPrefix).Properties['PolicyDocument']);
}
