import type { S3Answer } from './answer.ts';
import type { Bucket, Version } from './bucket.ts';
import type { Context } from './object-operations.ts';
import { s3Error } from './s3-error.ts';
import { textIn, type XmlElements } from './xml.ts';

const mostKeys = 1_000;

/** API Reference, ListObjectVersions: by pages, each of which goes on after the version that the one before ended with. */
export function listObjectVersions({ bucket, request: { query } }: Context): S3Answer {
  const all = bucket.versions(query.get('prefix') ?? '');
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('version-id-marker') ?? '';
  const { page, last, truncated } = pageOf(after(all, keyMarker, idMarker), query);
  const described = (version: Version): XmlElements => ({
    Key: version.key,
    VersionId: version.id,
    IsLatest: bucket.versions(version.key).find(({ key }) => key === version.key) === version,
    LastModified: new Date(version.written).toISOString(),
    ...(!version.marker && { ETag: version.etag, Size: version.bytes.length, StorageClass: 'STANDARD' }),
  });
  const content = {
    ...general(bucket, query, truncated),
    KeyMarker: keyMarker,
    VersionIdMarker: idMarker,
    ...(truncated && last && { NextKeyMarker: last.key, NextVersionIdMarker: last.id }),
    Version: page.filter(({ marker }) => !marker).map(described),
    DeleteMarker: page.filter(({ marker }) => marker).map(described),
  };
  return { body: { root: 'ListVersionsResult', content } };
}

function after(all: readonly Version[], key: string, id: string): readonly Version[] {
  const at = all.findIndex((each) => each.key === key && (id === '' || each.id === id));
  if (at >= 0 && id !== '') return all.slice(at + 1);
  return all.filter((each) => Buffer.compare(Buffer.from(each.key), Buffer.from(key)) > 0);
}

/** API Reference, ListObjectsV2. */
export function listObjectsV2({ bucket, request: { query } }: Context): S3Answer {
  const continued = Buffer.from(query.get('continuation-token') ?? '', 'base64').toString('utf8');
  const begin = continued === '' ? (query.get('start-after') ?? '') : continued;
  const current = bucket
    .versions(query.get('prefix') ?? '')
    .filter((version) => bucket.current(version.key) === version && version.key > begin);
  const { page, last, truncated } = pageOf(current, query);
  const content = {
    ...general(bucket, query, truncated),
    KeyCount: page.length,
    ...(truncated && last && { NextContinuationToken: Buffer.from(last.key).toString('base64') }),
    Contents: page.map(({ key, etag, bytes, written }) => ({
      Key: key,
      LastModified: new Date(written).toISOString(),
      ETag: etag,
      Size: bytes.length,
    })),
  };
  return { body: { root: 'ListBucketResult', content } };
}

function pageOf(versions: readonly Version[], query: URLSearchParams) {
  const limit = Math.min(Number(query.get('max-keys') ?? mostKeys), mostKeys);
  const page = versions.slice(0, limit);
  return { page, last: page.at(-1), truncated: versions.length > page.length };
}

function general(bucket: Bucket, query: URLSearchParams, truncated: boolean) {
  return {
    Name: bucket.name,
    Prefix: query.get('prefix') ?? '',
    MaxKeys: Number(query.get('max-keys') ?? mostKeys),
    IsTruncated: truncated,
  };
}

export function getBucketVersioning({ bucket }: Context): S3Answer {
  const content = bucket.versioned ? { Status: 'Enabled' } : {};
  return { body: { root: 'VersioningConfiguration', content } };
}

export function getObjectLockConfiguration({ bucket }: Context): S3Answer {
  if (!bucket.objectLock) {
    throw s3Error(
      'ObjectLockConfigurationNotFoundError',
      'Object Lock configuration does not exist for this bucket',
    );
  }
  const { defaultRetention } = bucket;
  const Rule = defaultRetention && {
    DefaultRetention: { Mode: defaultRetention.mode, Days: defaultRetention.days },
  };
  return { body: { root: 'ObjectLockConfiguration', content: { ObjectLockEnabled: 'Enabled', Rule } } };
}

/** Only the default retention of a bucket that has Object Lock already. */
export function putObjectLockConfiguration({ bucket, request }: Context): S3Answer {
  if (!bucket.objectLock) throw s3Error('InvalidBucketState', 'Object Lock is not enabled on the bucket');
  const document = request.body.toString('utf8');
  const mode = textIn(document, 'Mode');
  const days = Number(textIn(document, 'Days'));
  if (mode !== 'COMPLIANCE' && mode !== 'GOVERNANCE') throw s3Error('MalformedXML');
  bucket.defaultRetention = { mode, days };
  return {};
}

export function putBucketTagging({ bucket, request }: Context): S3Answer {
  const tags = request.body.toString('utf8').matchAll(/<Tag>(.*?)<\/Tag>/g);
  bucket.tags = Object.fromEntries(
    [...tags].map(([, tag = '']) => [textIn(tag, 'Key') ?? '', textIn(tag, 'Value') ?? '']),
  );
  return { status: 204 };
}
