import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openedDouble, refusalOf } from './client.ts';

const Bucket = 'backups';
const Key = 'acme/e 1/ä.pfx';
const Body = Buffer.from('content');
const sha256 = createHash('sha256').update(Body).digest('base64');

describe('versions', () => {
  it('are kept of each write, and read by their ids', async () => {
    const { s3 } = await openedDouble();
    const first = await s3.putObject({ Bucket, Key, Body });
    const second = await s3.putObject({ Bucket, Key, Body: 'other' });
    expect(first.VersionId).toMatch(/^[A-Za-z0-9._]{32}$/);
    expect(second.VersionId).not.toBe(first.VersionId);
    const old = await s3.getObject({ Bucket, Key, ...(first.VersionId && { VersionId: first.VersionId }) });
    expect(await old.Body?.transformToString()).toBe('content');
    const { Body: latest, VersionId } = await s3.getObject({ Bucket, Key });
    expect(VersionId).toBe(second.VersionId);
    expect(await latest?.transformToString()).toBe('other');
  });

  it('are told in the order of keys, the latest first, by pages', async () => {
    const { s3, bucket } = await openedDouble();
    for (const each of ['b', 'a/2', 'a/1', 'a/1', 'a/10', 'é'])
      await s3.putObject({ Bucket, Key: each, Body });
    bucket.mark('a/2', Date.now());
    const told: string[] = [];
    let markers = {};
    for (let truncated = true; truncated; ) {
      const page = await s3.listObjectVersions({ Bucket, MaxKeys: 2, ...markers });
      const all = [
        ...(page.Versions ?? []),
        ...(page.DeleteMarkers ?? []).map((each) => ({ ...each, Key: `-${each.Key}` })),
      ];
      told.push(...all.map((each) => `${each.Key}${each.IsLatest === true ? '!' : ''}`));
      markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      truncated = page.IsTruncated === true;
    }
    expect(told).toEqual(['a/1!', 'a/1', 'a/10!', '-a/2!', 'a/2', 'b!', 'é!']);
    const { Contents: contents = [] } = await s3.listObjectsV2({ Bucket, Prefix: 'a/' });
    expect(contents.map((each) => each.Key)).toEqual(['a/1', 'a/10']);
  });

  it('stay under a marker of deletion, which is no object', async () => {
    const { s3 } = await openedDouble({ versioned: true });
    const { VersionId = '' } = await s3.putObject({ Bucket, Key, Body });
    const marker = await s3.deleteObject({ Bucket, Key });
    expect(marker.DeleteMarker).toBe(true);
    expect(await refusalOf(s3.getObject({ Bucket, Key }))).toBe('NoSuchKey');
    expect(await refusalOf(s3.getObject({ Bucket, Key, VersionId }))).toBe('done');
    const ofMarker = { Bucket, Key, VersionId: marker.VersionId ?? '' };
    expect(await refusalOf(s3.getObject(ofMarker))).toBe('MethodNotAllowed');
    await s3.deleteObject(ofMarker);
    expect(await refusalOf(s3.getObject({ Bucket, Key }))).toBe('done');
  });

  it('are not kept where they are off', async () => {
    const { s3, bucket } = await openedDouble({});
    expect((await s3.putObject({ Bucket, Key, Body })).VersionId).toBeUndefined();
    await s3.putObject({ Bucket, Key, Body: 'other' });
    expect(bucket.versions()).toHaveLength(1);
    await s3.deleteObject({ Bucket, Key });
    expect(bucket.versions()).toEqual([]);
  });

  it.each([
    ['NoSuchVersion', 'a'.repeat(32)],
    ['NoSuchVersion', 'null'],
    ['InvalidArgument', 'another'],
  ])('that are not there are refused as %s', async (name, VersionId) => {
    const { s3 } = await openedDouble();
    await s3.putObject({ Bucket, Key, Body });
    expect(await refusalOf(s3.getObject({ Bucket, Key, VersionId }))).toBe(name);
  });
});

describe('a conditional write', () => {
  const create = { Bucket, Key, Body, IfNoneMatch: '*' };

  it('is refused where there is an object, and does nothing', async () => {
    const { s3, bucket } = await openedDouble();
    await s3.putObject(create);
    expect(await refusalOf(s3.putObject({ ...create, Body: 'other' }))).toBe('PreconditionFailed');
    expect(bucket.versions()).toHaveLength(1);
  });

  it('is done once of many at the same time', async () => {
    const { s3 } = await openedDouble();
    const names = await Promise.all(Array.from({ length: 5 }, () => refusalOf(s3.putObject(create))));
    expect(names.toSorted()).toEqual([...Array(4).fill('PreconditionFailed'), 'done']);
  });

  it('is done over a marker of deletion', async () => {
    const { s3, bucket } = await openedDouble();
    await s3.putObject(create);
    bucket.mark(Key, Date.now());
    expect(await refusalOf(s3.putObject(create))).toBe('done');
  });

  it('is a conflict where something was deleted while it was under way', async () => {
    const { s3, bucket } = await openedDouble();
    await s3.putObject(create);
    const slowly = Readable.from(
      (async function* () {
        yield Body;
        await new Promise((resolve) => setTimeout(resolve, 50));
        bucket.mark(Key, Date.now());
      })(),
    );
    const writing = s3.putObject({ ...create, Body: slowly, ContentLength: Body.length });
    expect(await refusalOf(writing)).toBe('ConditionalRequestConflict');
    expect(await refusalOf(s3.putObject(create))).toBe('done');
  });

  it('takes no other condition', async () => {
    const { s3 } = await openedDouble();
    expect(await refusalOf(s3.putObject({ ...create, IfNoneMatch: '"abc"' }))).toBe('NotImplemented');
  });
});

describe('checksums', () => {
  it('are checked, kept, and given back to whoever asks', async () => {
    const { s3 } = await openedDouble();
    const { ChecksumSHA256 } = await s3.putObject({ Bucket, Key, Body, ChecksumSHA256: sha256 });
    expect(ChecksumSHA256).toBe(sha256);
    expect((await s3.headObject({ Bucket, Key, ChecksumMode: 'ENABLED' })).ChecksumSHA256).toBe(sha256);
    expect((await s3.headObject({ Bucket, Key })).ChecksumSHA256).toBeUndefined();
  });

  it('of other bytes are refused, and nothing is written', async () => {
    const { s3, bucket } = await openedDouble();
    const other = createHash('sha256').update('other').digest('base64');
    expect(await refusalOf(s3.putObject({ Bucket, Key, Body, ChecksumSHA256: other }))).toBe('BadDigest');
    expect(await refusalOf(s3.putObject({ Bucket, Key, Body, ContentMD5: '1B2M2Y8AsgTpgAmY7PhCfg==' }))).toBe(
      'BadDigest',
    );
    expect(await refusalOf(s3.putObject({ Bucket, Key, Body, ChecksumSHA256: 'AAAA' }))).toBe(
      'InvalidRequest',
    );
    expect(bucket.versions()).toEqual([]);
  });

  it.each(['CRC32', 'SHA1', 'SHA256'] as const)(
    'may follow a stream, in a trailer (%s)',
    async (ChecksumAlgorithm) => {
      const { s3, bucket } = await openedDouble();
      const stream = Readable.from([Body.subarray(0, 3), Body.subarray(3)]);
      await s3.putObject({ Bucket, Key, Body: stream, ContentLength: Body.length, ChecksumAlgorithm });
      const stored = bucket.current(Key);
      expect(stored?.bytes).toEqual(Body);
      expect(stored?.checksum?.header).toBe(`x-amz-checksum-${ChecksumAlgorithm.toLowerCase()}`);
    },
  );
});

describe('encryption', () => {
  const keyId = 'arn:aws:kms:eu-central-1:111122223333:key/1';

  it('is the default of the bucket, and told', async () => {
    const { s3 } = await openedDouble({ encryption: { algorithm: 'aws:kms', keyId, bucketKey: true } });
    const told = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: keyId, BucketKeyEnabled: true };
    expect(await s3.putObject({ Bucket, Key, Body })).toMatchObject(told);
    expect(await s3.headObject({ Bucket, Key })).toMatchObject(told);
  });

  it('is what the write names', async () => {
    const { s3 } = await openedDouble();
    await s3.putObject({ Bucket, Key, Body, ServerSideEncryption: 'aws:kms', SSEKMSKeyId: keyId });
    expect((await s3.getObject({ Bucket, Key })).SSEKMSKeyId).toBe(keyId);
  });
});
