import type { Encryption, Version } from './bucket.ts';
import type { XmlElements } from './xml.ts';

/** What S3 answers, before it is written. */
export interface S3Answer {
  status?: number;
  headers?: Readonly<Record<string, string | undefined>>;
  /** A document and its root, or bytes. */
  body?: { root: string; content: XmlElements } | Buffer;
}

/** What an object's headers say of it. Its lock is told only to whoever may see it (API Reference, HeadObject). */
export function objectHeaders(
  version: Version,
  { showLock, showChecksum, versioned }: { showLock: boolean; showChecksum: boolean; versioned: boolean },
): Record<string, string | undefined> {
  const { retention, checksum, encryption } = version;
  return {
    etag: version.etag,
    'content-type': 'application/octet-stream',
    'last-modified': new Date(version.written).toUTCString(),
    'accept-ranges': 'bytes',
    ...(versioned && { 'x-amz-version-id': version.id }),
    ...(showChecksum && checksum && checksumHeaders(checksum)),
    ...(showLock &&
      retention && {
        'x-amz-object-lock-mode': retention.mode,
        'x-amz-object-lock-retain-until-date': new Date(retention.until).toISOString(),
      }),
    ...(encryption && encryptionHeaders(encryption)),
  };
}

export function checksumHeaders({ header, value }: NonNullable<Version['checksum']>): Record<string, string> {
  return { [header]: value, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

export function encryptionHeaders({
  algorithm,
  keyId,
  bucketKey = false,
}: Encryption): Record<string, string | undefined> {
  return {
    'x-amz-server-side-encryption': algorithm,
    'x-amz-server-side-encryption-aws-kms-key-id': keyId,
    'x-amz-server-side-encryption-bucket-key-enabled': bucketKey ? 'true' : undefined,
  };
}
