import { marshall } from '@aws-sdk/util-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ActiveBackup, Enrollment } from '#domain/enrollment.ts';
import { enrollmentRecord } from '#test/contract/records.ts';
import { nameTables } from '#test/doubles/dynamodb/dynamodb-double.ts';
import { Bucket, type Version } from '#test/doubles/s3/bucket.ts';
import { Watch } from '#test/support/aws-world/watch.ts';

const until = Date.parse('2030-01-01T00:00:00.000Z');
const sha256 = 'ab'.repeat(32);
const checksum = { header: 'x-amz-checksum-sha256', value: Buffer.from(sha256, 'hex').toString('base64') };
const sound = {
  key: 'acme/e-1/a-1.pfx',
  marker: false,
  bytes: Buffer.alloc(3),
  etag: '',
  written: 0,
  checksum,
  retention: { mode: 'COMPLIANCE', until },
} as const;

let bucket: Bucket;
let watch: Watch;
beforeEach(() => {
  bucket = new Bucket('backups', { objectLock: true });
  watch = new Watch({ tables: nameTables('escrow'), bucket }, 'acme');
});

function stored(change: Partial<Version> = {}, isReadBack = true): ActiveBackup {
  const { id } = bucket.add({ ...sound, ...change });
  const url = `/backups/acme/e-1/a-1.pfx?versionId=${id}`;
  const read = { service: 's3', operation: 'GetObject', url, request: Buffer.alloc(0), status: 200 } as const;
  if (isReadBack) watch.done({ ...read, arrived: true });
  return {
    ...{
      state: 'active',
      id: 'a-1',
      objectName: sound.key,
      profile: 'modern',
      objectVersion: id,
      pfxSha256: sha256,
    },
    ...{ retainUntil: new Date(until).toISOString(), sealedPassphraseId: 's', receiptId: 'r' },
  };
}

function write(change: Partial<Enrollment>): void {
  const record = { ...enrollmentRecord('e-1'), version: 1, ...change };
  const Item = marshall({
    ...{ organization: 'acme', record: 'enrollment#e-1', writtenAt: '2026-01-01T00:00:00.000Z' },
    json: JSON.stringify(record),
  });
  const request = Buffer.from(JSON.stringify({ TableName: 'escrow-aggregates', Item }));
  watch.done({ service: 'dynamodb', operation: 'PutItem', url: '/', request, status: 200, arrived: false });
}

const key = { spkiSha256: sha256, csrSha256: sha256, csrId: 'e-1.a-1', placeholderId: 'p', lockedKeyId: 'l' };
const ready = { state: 'ready', escrow: 'required', purpose: 'encryption', key } as const;

describe('whoever looks over the shoulder of the services', () => {
  it('says nothing of a backup that is proved and safe, and makes a stream of what is written', () => {
    write({});
    write({ ...ready, version: 2, backups: [stored()] });
    expect(watch.violations).toEqual([]);
    expect(watch.stream.map(({ dynamodb }) => Number(dynamodb.SequenceNumber))).toEqual([1, 2]);
  });

  it.each<[string, Partial<Version>, boolean]>([
    ['was not read back', {}, false],
    ['the lock is too short', { retention: { mode: 'COMPLIANCE', until: until - 1 } }, true],
    ['the lock is too short', { retention: { mode: 'GOVERNANCE', until } }, true],
    ['the object is another', { checksum: { ...checksum, value: 'AAAA' } }, true],
  ])('says that a request may leave though of its backup %s', (lack, change, isReadBack) => {
    write({ ...ready, backups: [stored(change, isReadBack)] });
    expect(watch.violations).toEqual([expect.stringContaining(lack)]);
  });

  it('says that an object is gone, or that there is no backup at all', () => {
    write({ ...ready, backups: [{ ...stored(), objectVersion: 'another' }] });
    write({ ...ready, version: 2, backups: [] });
    const [gone, none] = watch.violations;
    expect(gone).toContain('the object is not there');
    expect(none).toBeDefined();
    expect(watch.violations.join()).toContain('it has none');
  });

  it('says that there are two active backups, or another one than before', () => {
    const first = stored();
    write({ ...ready, backups: [first, stored()] });
    expect(watch.violations).toEqual([expect.stringContaining('two active backups')]);
    write({ ...ready, version: 2, backups: [stored()] });
    expect(watch.violations.at(-1)).toContain('another active backup than before');
  });

  it('says that a write did not follow the one before it', () => {
    write({});
    write({ version: 3 });
    expect(watch.violations).toEqual([expect.stringContaining('follows version 1')]);
  });

  it('says nothing of a write that was refused', () => {
    const request = Buffer.from('{}');
    watch.done({ service: 'dynamodb', operation: 'PutItem', url: '/', request, status: 400, arrived: true });
    expect(watch.stream).toEqual([]);
  });
});
