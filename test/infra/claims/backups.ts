import { describe, expect, it } from 'vitest';
import { functionsWith, type Parties } from './parties.ts';

/** A write as the service makes it: of a new name, locked in COMPLIANCE mode for some days. */
const goodWrite = {
  's3:ObjectCreationOperation': 'true',
  's3:if-none-match': '*',
  's3:object-lock-mode': 'COMPLIANCE',
  's3:object-lock-remaining-retention-days': '1',
};

/** The backups: who reads, who writes, and that nobody removes one or lifts its lock. */
export function backupClaims(parties: Parties): void {
  const ask = (action: string, context: Record<string, string> = {}) => ({
    action,
    resource: parties.backup,
    context,
  });
  const write = (context: Record<string, string>) => ask('s3:PutObject', context);

  describe('a backup', () => {
    it('is written by the functions that make encryption keys, and by no other', () => {
      expect(parties.functionsThatMay(write(goodWrite))).toEqual([
        'make-encryption-key-pair-with-password',
        'make-encryption-key-pair',
      ]);
    });

    it('is read by those, and by what checks that it still opens, and by no other function', () => {
      expect(parties.functionsThatMay(ask('s3:GetObjectVersion'))).toEqual(functionsWith('backups:read'));
    });

    it.each(['make-identity-key-pair', 'make-identity-key-pair-with-password'] as const)(
      'is out of reach of %s, whatever the action',
      (name) => {
        const actions = [
          'GetObject',
          'GetObjectVersion',
          'GetObjectRetention',
          'PutObject',
          'PutObjectRetention',
        ];
        expect(actions.filter((action) => parties.may(name, ask(`s3:${action}`, goodWrite)))).toEqual([]);
        const list = { action: 's3:ListBucket', resource: parties.bucket };
        expect(parties.may(name, list)).toBe(false);
      },
    );

    it.each(['list-enrollments', 'show-enrollment', 'list-backups', 'list-notices'] as const)(
      'is out of reach of %s, which reads lists',
      (name) => {
        const actions = ['GetObject', 'GetObjectVersion', 'PutObject'];
        expect(actions.filter((action) => parties.may(name, ask(`s3:${action}`, goodWrite)))).toEqual([]);
      },
    );

    it.each(['s3:DeleteObject', 's3:DeleteObjectVersion'])('is removed by nobody (%s)', (action) => {
      expect(parties.mayAnybody(ask(action, goodWrite))).toBe(false);
    });

    it('is locked in COMPLIANCE mode, which nobody lifts or shortens, for a day from its writing', () => {
      const bucket = parties.deployed.only(parties.deployed.vault, 'AWS::S3::Bucket', 'Backups');
      expect(bucket.Properties['ObjectLockConfiguration']).toEqual({
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Days: 1, Mode: 'COMPLIANCE' } },
      });
    });

    it('is locked in GOVERNANCE mode by nobody, which an administrator could lift', () => {
      const weak = { ...goodWrite, 's3:object-lock-mode': 'GOVERNANCE' };
      expect(parties.mayAnybody(write(weak))).toBe(false);
      expect(parties.mayAnybody(ask('s3:PutObjectRetention', weak))).toBe(false);
    });

    it('is written by no function without that mode', () => {
      const { 's3:object-lock-mode': _, ...without } = goodWrite;
      expect(parties.functionsThatMay(write(without))).toEqual([]);
    });

    it('is freed of its lock by nobody', () => {
      expect(parties.mayAnybody(ask('s3:BypassGovernanceRetention'))).toBe(false);
    });

    it.each([
      ['ten years', 3_653, true],
      ['a century', 36_525, false],
    ])('may be kept for %s (%i days): %s', (_span, days, allowed) => {
      const asked = { ...goodWrite, 's3:object-lock-remaining-retention-days': String(days) };
      expect(parties.mayAnybody(ask('s3:PutObjectRetention', asked))).toBe(allowed);
    });

    it('has a name that is written only once', () => {
      const { 's3:if-none-match': _, ...unconditional } = goodWrite;
      expect(parties.mayAnybody(write(unconditional))).toBe(false);
    });

    it('keeps every version', () => {
      const bucket = parties.deployed.vault.only('AWS::S3::Bucket', 'Backups');
      expect(bucket.Properties['VersioningConfiguration']).toEqual({ Status: 'Enabled' });
    });
  });

  describe('encryption of the backups', () => {
    it('is under the vault key, with a bucket key', () => {
      const bucket = parties.deployed.only(parties.deployed.vault, 'AWS::S3::Bucket', 'Backups');
      const rule = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: parties.vaultKey };
      expect(bucket.Properties['BucketEncryption']).toEqual({
        ServerSideEncryptionConfiguration: [{ BucketKeyEnabled: true, ServerSideEncryptionByDefault: rule }],
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
    ])('is never under %s', (_which, encryption) => {
      expect(parties.mayAnybody(write({ ...goodWrite, ...encryption }))).toBe(false);
    });

    it('may name the vault key', () => {
      const encryption = {
        's3:x-amz-server-side-encryption': 'aws:kms',
        's3:x-amz-server-side-encryption-aws-kms-key-id': parties.vaultKey,
      };
      expect(parties.mayAnybody(write({ ...goodWrite, ...encryption }))).toBe(true);
    });
  });

  describe.each(['Backups', 'Segments', 'AccessLogs'])('the bucket %s', (id) => {
    const found = () => parties.deployed.vault.only('AWS::S3::Bucket', id);

    it('is kept when the stack is deleted', () => {
      expect(found()).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    });

    it('can be made public by nobody', () => {
      expect(found().Properties['PublicAccessBlockConfiguration']).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(found().Properties['OwnershipControls']).toEqual({
        Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }],
      });
    });

    it('is reached over TLS only, and not over an old one', () => {
      const resource = `${parties.deployed.arn(parties.deployed.vault, 'AWS::S3::Bucket', id)}/name`;
      const get = (context: Record<string, string>) => ({ action: 's3:GetObject', resource, context });
      expect(parties.mayAnybody(get({}))).toBe(true);
      expect(parties.mayAnybody(get({ 'aws:SecureTransport': 'false' }))).toBe(false);
      expect(parties.mayAnybody(get({ 's3:TlsVersion': '1.1' }))).toBe(false);
    });
  });

  it('records every request made to the backups', () => {
    const bucket = parties.deployed.vault.only('AWS::S3::Bucket', 'Backups');
    expect(bucket.Properties['LoggingConfiguration']).toEqual({
      DestinationBucketName: { Ref: expect.stringMatching(/^AccessLogs/) },
      LogFilePrefix: 'backups/',
    });
  });
}
