import { createHash } from 'node:crypto';
import { ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { StateError, StoreError } from '#domain/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { SegmentStore } from '#ports/segment-store.ts';
import { type StoreCallSettings, StoreCalls } from '../aws/store-calls.ts';
import { segmentFile, segmentFolder, segmentIn } from '../segment-name.ts';
import { getObject } from './s3-requests.ts';
import { s3 } from './service.ts';

export interface S3SegmentSettings extends StoreCallSettings {
  /** The name of a bucket with Object Lock. */
  bucket: string;
  /** The account that it must belong to, twelve digits: a bucket of that name in another account is refused; any if absent. */
  owner?: string;
  /** What the names of all objects begin with; nothing if absent. */
  prefix?: string;
  /** How long a segment is locked from its writing, in days. */
  retentionDays: number;
}

const day = 86_400_000;
const mostListed = 1_000;

/**
 * Keeps segments in an Amazon S3 bucket with Object Lock, which may be another account's: each is created once under its name
 * (`If-None-Match: *`), with its SHA-256 for S3 to check and keep, and locked in COMPLIANCE mode from its writing. Besides what the
 * port says, every call throws StoreError `store-misconfigured` where there is no such bucket, it is another account's, or a
 * permission is missing.
 */
export class S3SegmentStore implements SegmentStore {
  readonly #calls: StoreCalls<S3Client>;
  readonly #where: { Bucket: string; ExpectedBucketOwner?: string };
  readonly #retention: number;
  readonly #prefix: string;
  readonly #clock: Clock;

  /** @param client whose own repetitions are off */
  constructor(
    client: S3Client,
    clock: Clock,
    { bucket, owner, retentionDays, prefix = '', ...settings }: S3SegmentSettings,
  ) {
    this.#calls = new StoreCalls(client, s3, settings);
    this.#where = { Bucket: bucket, ...(owner !== undefined && { ExpectedBucketOwner: owner }) };
    this.#retention = retentionDays * day;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  async put(organization: string, segment: number, bytes: Uint8Array): Promise<void> {
    const command = new PutObjectCommand({
      ...this.#where,
      Key: this.#keyOf(organization, segment),
      Body: bytes,
      ContentType: 'application/jsonl',
      IfNoneMatch: '*',
      ChecksumSHA256: createHash('sha256').update(bytes).digest('base64'),
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date(this.#clock.now().getTime() + this.#retention),
    });
    const taken = async () => {
      const there = await this.get(organization, segment);
      if (there === undefined)
        throw new StoreError('store-unavailable', { why: 'the segment was there, and then was not' });
      if (Buffer.compare(there, bytes) !== 0) throw new StateError('already-exists');
    };
    await this.#calls.call<unknown>((client, request) => client.send(command, request), {
      answers: { PreconditionFailed: taken },
    });
  }

  async get(organization: string, segment: number): Promise<Uint8Array | undefined> {
    const target = { ...this.#where, Key: this.#keyOf(organization, segment) };
    const object = await this.#calls.call<Awaited<ReturnType<typeof getObject>> | undefined>(
      (client, request) => getObject(client, target, request),
      { answers: { NoSuchKey: () => undefined } },
    );
    if (object === undefined) return undefined;
    if (object === 'damaged') throw new StoreError('object-damaged');
    return object.bytes;
  }

  async list(organization: string, after: number, limit: number): Promise<number[]> {
    const prefix = `${this.#prefix}${segmentFolder(organization)}/`;
    const found: number[] = [];
    let start = after === 0 ? prefix : this.#keyOf(organization, after);
    while (found.length < limit) {
      const command = new ListObjectsV2Command({
        ...this.#where,
        Prefix: prefix,
        StartAfter: start,
        MaxKeys: Math.min(mostListed, limit - found.length),
      });
      const { Contents: contents = [], IsTruncated: more = false } = await this.#calls.call(
        (client, request) => client.send(command, request),
      );
      const keys = contents.flatMap(({ Key: key }) => (key === undefined ? [] : [key]));
      found.push(...keys.flatMap((key) => segmentIn(key.slice(prefix.length)) ?? []));
      start = keys.at(-1) ?? '';
      if (!more || start === '') break;
    }
    return found;
  }

  #keyOf(organization: string, segment: number): string {
    return `${this.#prefix}${segmentFolder(organization)}/${segmentFile(segment)}`;
  }
}
