import { describe, expect, it } from 'vitest';
import { openedDouble, refusalOf } from './client.ts';

const Bucket = 'backups';
const Key = 'acme/e-1/a.pfx';
const Body = 'content';

describe('a bucket', () => {
  it('is found in the path and in the name of the host', async () => {
    const { s3, byHost } = await openedDouble();
    await byHost.putObject({ Bucket, Key, Body });
    const { Body: body } = await s3.getObject({ Bucket, Key });
    expect(await body?.transformToString()).toBe('content');
    expect((await byHost.listObjectVersions({ Bucket })).Versions).toHaveLength(1);
  });

  it('is made, tagged and removed once it is empty', async () => {
    const { s3, double } = await openedDouble();
    await s3.createBucket({ Bucket: 'another', ObjectLockEnabledForBucket: true });
    await s3.putBucketTagging({ Bucket: 'another', Tagging: { TagSet: [{ Key: 'run', Value: '<1 & 2>' }] } });
    expect(double.buckets.get('another')?.tags).toEqual({ run: '<1 & 2>' });
    expect((await s3.getBucketVersioning({ Bucket: 'another' })).Status).toBe('Enabled');
    const { VersionId = '' } = await s3.putObject({ Bucket: 'another', Key, Body });
    expect(await refusalOf(s3.deleteBucket({ Bucket: 'another' }))).toBe('BucketNotEmpty');
    await s3.deleteObject({ Bucket: 'another', Key, VersionId });
    await s3.deleteBucket({ Bucket: 'another' });
    expect(await refusalOf(s3.putObject({ Bucket: 'another', Key, Body }))).toBe('NoSuchBucket');
    expect(await refusalOf(s3.createBucket({ Bucket }))).toBe('BucketAlreadyOwnedByYou');
    expect(await refusalOf(s3.createBucket({ Bucket: 'No' }))).toBe('InvalidBucketName');
  });
});

describe('a request', () => {
  it('that is not signed is refused', async () => {
    const { double } = await openedDouble();
    const answer = await fetch(`${double.endpoint}/backups/x`);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('<Code>AccessDenied</Code>');
  });

  it('whose body is not the one that was signed for is refused', async () => {
    const { double } = await openedDouble();
    const answer = await fetch(`${double.endpoint}/backups/x`, {
      method: 'PUT',
      body: 'other',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${'0'.repeat(64)}`,
        'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
        'x-amz-content-sha256': '0'.repeat(64),
      },
    });
    expect(await answer.text()).toContain('XAmzContentSHA256Mismatch');
  });

  it('of another time is refused, and the SDK sets its clock by the answer', async () => {
    const { s3, double } = await openedDouble();
    double.faults.aheadMilliseconds = 3_600_000;
    expect(await refusalOf(s3.listObjectsV2({ Bucket }))).toBe('RequestTimeTooSkewed');
    expect(await refusalOf(s3.listObjectsV2({ Bucket }))).toBe('done');
  });

  it('for what it does not do is refused as such', async () => {
    const { s3 } = await openedDouble();
    expect(await refusalOf(s3.getObjectAcl({ Bucket, Key }))).toBe('NotImplemented');
    expect(await refusalOf(s3.createMultipartUpload({ Bucket, Key }))).toBe('NotImplemented');
  });

  it('without a body to its answer says by its status alone what is wrong', async () => {
    const { s3, double } = await openedDouble();
    const status = async () => {
      const refused: unknown = await s3.headObject({ Bucket, Key }).catch((error: unknown) => error);
      return refused instanceof Error ? [refused.name, refused.message] : [];
    };
    expect(await status()).toEqual(['NotFound', expect.anything()]);
    double.permissions.allowed = new Set();
    expect(await status()).toEqual(['Unknown', expect.not.stringContaining('AccessDenied')]);
  });
});

describe('whoever may not list', () => {
  it('is told that what is missing is forbidden', async () => {
    const { s3, double } = await openedDouble();
    double.permissions.allowed = new Set(['s3:GetObject']);
    expect(await refusalOf(s3.getObject({ Bucket, Key }))).toBe('AccessDenied');
    double.permissions.allowed = new Set(['s3:GetObject', 's3:ListBucket']);
    expect(await refusalOf(s3.getObject({ Bucket, Key }))).toBe('NoSuchKey');
  });
});

describe('a fault', () => {
  it('is met by the operation that it is planned for, before or after that takes effect', async () => {
    const { s3, double, bucket } = await openedDouble();
    double.faults.plan('PutObject', { kind: 'refuse', type: 'SlowDown' }, 1);
    double.faults.plan('PutObject', { kind: 'cut' }, 1);
    const put = () => s3.putObject({ Bucket, Key, Body });
    await expect(put()).rejects.toMatchObject({ name: 'SlowDown', $metadata: { httpStatusCode: 503 } });
    await expect(put()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(bucket.versions()).toEqual([]);
    double.faults.plan('PutObject', { kind: 'lose-answer' }, 1);
    await expect(put()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(bucket.versions()).toHaveLength(1);
  });

  it('cuts an object in the middle', async () => {
    const { s3, double } = await openedDouble();
    await s3.putObject({ Bucket, Key, Body });
    double.faults.plan('GetObject', { kind: 'lose-answer' }, 1);
    const { Body: body } = await s3.getObject({ Bucket, Key });
    await expect(body?.transformToString()).rejects.toThrow();
  });
});
