import { randomBytes } from 'node:crypto';
import type { Checksum } from './checksums.ts';
import type { DefaultRetention, Retention } from './retention.ts';
import { s3Error } from './s3-error.ts';

export interface Encryption {
  algorithm: 'aws:kms' | 'AES256';
  keyId?: string | undefined;
  bucketKey?: boolean;
}

/** One version of an object, or a delete marker. */
export interface Version {
  key: string;
  /** `null` where the bucket keeps no versions. */
  id: string;
  marker: boolean;
  bytes: Buffer;
  etag: string;
  /** Milliseconds since 1970. */
  written: number;
  checksum?: Checksum | undefined;
  retention?: Retention | undefined;
  encryption?: Encryption | undefined;
}

export interface BucketSettings {
  /** Off if not given; on wherever Object Lock is (User Guide, "Object Lock considerations"). */
  versioned?: boolean;
  objectLock?: boolean;
  defaultRetention?: DefaultRetention;
  /** What an object is encrypted under whose write names nothing; with the keys of S3 itself if not given. */
  encryption?: Encryption;
}

/** A bucket: its settings, and every version of its objects, the latest of a key first. */
export class Bucket {
  readonly name: string;
  readonly objectLock: boolean;
  readonly versioned: boolean;
  readonly encryption: Encryption;
  defaultRetention: DefaultRetention | undefined;
  tags: Readonly<Record<string, string>> = {};
  readonly #versions = new Map<string, Version[]>();
  readonly #deletions = new Map<string, number>();

  constructor(
    name: string,
    { versioned = false, objectLock = false, defaultRetention, encryption }: BucketSettings,
  ) {
    this.name = name;
    this.objectLock = objectLock;
    this.versioned = versioned || objectLock;
    this.defaultRetention = defaultRetention;
    this.encryption = encryption ?? { algorithm: 'AES256' };
  }

  /** What a read without a version gets; undefined if there is nothing, or a marker in its place. */
  current(key: string): Version | undefined {
    const latest = this.#versions.get(key)?.[0];
    return latest?.marker === true ? undefined : latest;
  }

  /**
   * A version, or the current one (API Reference, GetObject; User Guide, "Retrieving object versions").
   * @throws AwsError `NoSuchKey`, `NoSuchVersion`, `InvalidArgument` for what can be no version, `MethodNotAllowed` for a marker
   */
  find(key: string, id: string | undefined): Version {
    if (id === undefined) {
      const current = this.current(key);
      if (current === undefined) throw s3Error('NoSuchKey', 'The specified key does not exist.');
      return current;
    }
    if (id !== 'null' && !/^[A-Za-z0-9._]{32}$/.test(id)) {
      throw s3Error('InvalidArgument', 'Invalid version id specified');
    }
    const version = this.#versions.get(key)?.find((each) => each.id === id);
    if (version === undefined) throw s3Error('NoSuchVersion', 'The specified version does not exist.');
    if (version.marker) throw s3Error('MethodNotAllowed', 'The specified method is not allowed.');
    return version;
  }

  /** Makes a version the latest; where the bucket keeps none, the only one. */
  add(version: Omit<Version, 'id'>): Version {
    const added = { ...version, id: this.versioned ? newVersionId() : 'null' };
    const older = this.versioned ? (this.#versions.get(version.key) ?? []) : [];
    this.#versions.set(version.key, [added, ...older]);
    return added;
  }

  /** Puts a marker before the versions of a key, or removes its one object where the bucket keeps none. */
  mark(key: string, now: number): Version | undefined {
    this.#deletions.set(key, this.deletions(key) + 1);
    if (this.versioned)
      return this.add({ key, marker: true, bytes: Buffer.alloc(0), etag: '', written: now });
    this.#versions.delete(key);
    return undefined;
  }

  /** Removes one version for good; one that is not there is success (API Reference, DeleteObject). */
  remove(key: string, id: string): Version | undefined {
    const versions = this.#versions.get(key) ?? [];
    const removed = versions.find((each) => each.id === id);
    if (removed !== undefined) this.#deletions.set(key, this.deletions(key) + 1);
    const left = versions.filter((each) => each !== removed);
    if (left.length === 0) this.#versions.delete(key);
    else this.#versions.set(key, left);
    return removed;
  }

  /** How often something of a key was deleted, by which a write that takes its time notices that one came between. */
  deletions(key: string): number {
    return this.#deletions.get(key) ?? 0;
  }

  /** Every version of the keys under a prefix: keys in the order of their UTF-8 bytes, the latest version of a key first. */
  versions(prefix = ''): Version[] {
    return [...this.#versions.keys()]
      .filter((key) => key.startsWith(prefix))
      .sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
      .flatMap((key) => this.#versions.get(key) ?? []);
  }
}

/** As long as those of S3, and of the same characters. */
function newVersionId(): string {
  return randomBytes(24).toString('base64').replaceAll('+', '.').replaceAll('/', '_');
}
