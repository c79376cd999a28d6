import { createHash } from 'node:crypto';
import {
  ListObjectVersionsCommand,
  PutObjectCommand,
  type PutObjectCommandOutput,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { StateError, StoreError } from '#domain/errors.ts';
import type { BackupVault, ListedObject, StoredObject } from '#ports/backup-vault.ts';
import type { Page } from '#ports/registry.ts';
import { messageOf } from '../aws/sdk-errors.ts';
import { type StoreCallSettings, StoreCalls } from '../aws/store-calls.ts';
import { storeError } from '../aws/store-errors.ts';
import { isObjectName, requireObjectName } from '../object-name.ts';
import { openS3Client } from './client.ts';
import { getObject, headObject, type Target } from './s3-requests.ts';
import { s3 } from './service.ts';
import { describedBy, hexOf, markersOf, pageOf } from './stored-object.ts';

export interface S3VaultSettings extends StoreCallSettings {
  /** The name of a bucket with Object Lock. */
  bucket: string;
  /** How many objects a page of a list holds, at most; 1,000 if not given, which is the most that S3 gives. */
  pageSize?: number;
}

/** Opens a vault in a bucket; region, endpoint and credentials are what the environment tells the AWS SDK. */
export function openS3Vault(settings: S3VaultSettings): S3Vault {
  return new S3Vault(openS3Client(), settings);
}

/**
 * Keeps backups in an Amazon S3 bucket with Object Lock: each is created once under its name (`If-None-Match: *`), with its SHA-256
 * for S3 to check and keep, locked in COMPLIANCE mode from the moment of its writing, and read by its version only. Nothing here can
 * remove one: the bucket denies that to everybody.
 *
 * Besides what the port says, every call throws StoreError `store-misconfigured` where there is no such bucket, it has no Object
 * Lock, or a permission is missing. S3 tells whoever may not list a bucket of no missing object either: to them one is forbidden.
 */
export class S3Vault implements BackupVault {
  readonly #client: S3Client;
  readonly #calls: StoreCalls<S3Client>;
  readonly #bucket: string;
  readonly #pageSize: number;

  /** @param client whose own repetitions are off; closed with the vault */
  constructor(client: S3Client, { bucket, pageSize = 1_000, ...settings }: S3VaultSettings) {
    this.#client = client;
    this.#calls = new StoreCalls(client, s3, settings);
    this.#bucket = bucket;
    this.#pageSize = pageSize;
  }

  /** As the port says. @throws InputError `invalid-input` if the name is none */
  async put(name: string, bytes: Uint8Array, retainUntil: Date): Promise<StoredObject> {
    requireObjectName(name);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const until = wholeSecond(retainUntil);
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: name,
      Body: bytes,
      IfNoneMatch: '*',
      ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: until,
    });
    const send = async (client: S3Client, request: object) => {
      const version = writtenVersion(await client.send(command, request), sha256);
      return { name, version, sha256, size: bytes.length, retainUntil: until };
    };
    return await this.#calls.call(send, {
      answers: { PreconditionFailed: () => this.#earlier(name, sha256), InvalidRequest: withoutLock },
    });
  }

  async read(name: string, version: string): Promise<Uint8Array> {
    const target = this.#target(name, version);
    const object = await this.#calls.call((client, request) => getObject(client, target, request), {
      answers: missing,
    });
    if (object === 'damaged') throw new StoreError('object-damaged');
    const { bytes, checksum } = object;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (hexOf(checksum) !== sha256) throw new StoreError('object-damaged');
    return bytes;
  }

  async describe(name: string, version: string): Promise<StoredObject> {
    const described = await this.#describe(name, this.#target(name, version));
    if (described.version !== version) throw new StoreError('object-missing');
    return described;
  }

  /**
   * As the port says; S3 gets the next whole second. A date that is past extends nothing, and is refused as an earlier one is.
   */
  async extendRetention(name: string, version: string, retainUntil: Date): Promise<void> {
    const until = wholeSecond(retainUntil);
    const command = new PutObjectRetentionCommand({
      ...this.#target(name, version),
      Retention: { Mode: 'COMPLIANCE', RetainUntilDate: until },
    });
    const refused = async (_doubtful: boolean, error: unknown) => {
      // S3 says the same of a lock and of a permission.
      if ((await this.describe(name, version)).retainUntil > until) throw new StoreError('retention-locked');
      throw storeError(error, s3);
    };
    await this.#calls.call<unknown>((client, request) => client.send(command, request), {
      answers: {
        ...missing,
        InvalidArgument: notInTheFuture,
        InvalidRequest: withoutLock,
        AccessDenied: refused,
      },
    });
  }

  /** As the port says. S3 tells no retention in a list. */
  async list(prefix: string, cursor?: string): Promise<Page<ListedObject>> {
    const command = new ListObjectVersionsCommand({
      Bucket: this.#bucket,
      Prefix: prefix,
      MaxKeys: this.#pageSize,
      ...(cursor !== undefined && markersOf(cursor)),
    });
    return await this.#calls.call(async (client, request) =>
      pageOf(this.#bucket, await client.send(command, request)),
    );
  }

  /** Lets go of the connections. */
  close(): void {
    this.#client.destroy();
  }

  /** What stands under a name that was taken: the write of an earlier try, or another's. */
  async #earlier(name: string, sha256: string): Promise<StoredObject> {
    const present = await this.#describe(name, { Bucket: this.#bucket, Key: name }).catch(
      (error: unknown) => {
        const gone = error instanceof StoreError && error.code === 'object-missing';
        throw gone
          ? new StoreError('store-unavailable', { why: 'the object was there, and then was not' })
          : error;
      },
    );
    if (present.sha256 !== sha256) throw new StateError('already-exists');
    return present;
  }

  async #describe(name: string, target: Target): Promise<StoredObject> {
    const head = await this.#calls.call((client, request) => headObject(client, target, request), {
      answers: missing,
    });
    return describedBy(name, head);
  }

  /** @throws StoreError `object-missing` for what can be no object here */
  #target(name: string, version: string): Required<Target> {
    if (!isObjectName(name) || version === '') throw new StoreError('object-missing');
    return { Bucket: this.#bucket, Key: name, VersionId: version };
  }
}

/** Never earlier than was asked for, and of no more precision than every store keeps. */
function wholeSecond(date: Date): Date {
  return new Date(Math.ceil(date.getTime() / 1_000) * 1_000);
}

/** @throws StoreError `store-misconfigured`, `object-damaged` where the store did not do what it was asked */
function writtenVersion(
  { VersionId: version, ChecksumSHA256: checksum }: PutObjectCommandOutput,
  sha256: string,
): string {
  if (version === undefined || version === 'null') {
    throw new StoreError('store-misconfigured', {
      why: 'the bucket for backups keeps no versions',
      next: 'Use a bucket with Object Lock, as docs/s3.md says.',
    });
  }
  if (checksum !== undefined && hexOf(checksum) !== sha256) throw new StoreError('object-damaged');
  return version;
}

const gone = (): never => {
  throw new StoreError('object-missing');
};

/** What S3 says where there is no such version: none ever, none of that name, only a marker of its deletion, or none that could be. */
const missing = {
  NoSuchKey: gone,
  NoSuchVersion: gone,
  MethodNotAllowed: gone,
  InvalidArgument: (_doubtful: boolean, error: unknown): never => {
    throw /version ?id/i.test(messageOf(error)) ? new StoreError('object-missing') : storeError(error, s3);
  },
};

function notInTheFuture(doubtful: boolean, error: unknown): never {
  if (/future/i.test(messageOf(error))) throw new StoreError('retention-locked');
  return missing.InvalidArgument(doubtful, error);
}

function withoutLock(_doubtful: boolean, error: unknown): never {
  if (!/object ?lock/i.test(messageOf(error))) throw storeError(error, s3);
  throw new StoreError('store-misconfigured', {
    why: 'the bucket for backups has no Object Lock',
    next: 'Use a bucket with Object Lock, as docs/s3.md says.',
  });
}
