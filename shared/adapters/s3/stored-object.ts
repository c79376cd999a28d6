import type { HeadObjectCommandOutput, ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import { StoreError } from '#domain/errors.ts';
import type { ListedObject, StoredObject } from '#ports/backup-vault.ts';
import type { Page } from '#ports/registry.ts';

/**
 * What the headers of an object say of it.
 * @throws StoreError `object-damaged` if they do not say of it what they say of everything that the vault writes
 */
export function describedBy(name: string, head: HeadObjectCommandOutput): StoredObject {
  const { VersionId: version, ContentLength: size, ChecksumSHA256: checksum } = head;
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: retainUntil } = head;
  const sha256 = hexOf(checksum);
  if (sha256 === undefined) throw odd('Amazon S3 has no SHA-256 of the whole object');
  if (version === undefined || version === 'null') throw odd('the object has no version of its own');
  if (size === undefined) throw odd('Amazon S3 tells no size of the object');
  // Not told to whoever lacks the permission s3:GetObjectRetention, either.
  if (retainUntil === undefined) throw odd('Amazon S3 tells of no retention of the object');
  if (mode !== 'COMPLIANCE') throw odd('the retention of the object is not of COMPLIANCE mode');
  return { name, version, sha256, size, retainUntil };
}

function odd(why: string): StoreError {
  return new StoreError('object-damaged', { why });
}

/**
 * A page of a list; markers of deletions are no objects.
 * @throws StoreError `store-unavailable` if the answer is no list of this bucket: an empty one would say that all is lost
 */
export function pageOf(bucket: string, answer: ListObjectVersionsCommandOutput): Page<ListedObject> {
  const {
    Name: name,
    Versions: versions = [],
    IsTruncated: truncated = false,
    NextKeyMarker: nextName,
    NextVersionIdMarker: nextVersion,
  } = answer;
  if (name !== bucket) throw unreadable();
  const items = versions.map(({ Key: name, VersionId: version, Size: size }) => {
    if (name === undefined || version === undefined || size === undefined) throw unreadable();
    return { name, version, size };
  });
  if (!truncated) return { items };
  // A cursor that leads nowhere would begin the list anew, without end.
  if (nextName === undefined || nextName === '') throw unreadable();
  return { items, cursor: `${nextVersion ?? ''} ${nextName}` };
}

/** Where a list goes on. @param cursor of `pageOf` */
export function markersOf(cursor: string): { KeyMarker: string; VersionIdMarker?: string } {
  const space = cursor.indexOf(' ');
  const version = cursor.slice(0, space);
  return { KeyMarker: cursor.slice(space + 1), ...(version !== '' && { VersionIdMarker: version }) };
}

function unreadable(): StoreError {
  return new StoreError('store-unavailable', { why: 'Amazon S3 answered with a list that cannot be read' });
}

/** A SHA-256 from base64 to hex; undefined for what is none, as that of an object that was written in parts. */
export function hexOf(checksum: string | undefined): string | undefined {
  if (checksum === undefined || !/^[A-Za-z0-9+/]{43}=$/.test(checksum)) return undefined;
  return Buffer.from(checksum, 'base64').toString('hex');
}
