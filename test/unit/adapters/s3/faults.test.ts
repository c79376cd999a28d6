import { describe, expect, it } from 'vitest';
import type { S3Vault } from '#adapters/s3/s3-vault.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import type { Fault } from '#test/doubles/aws-json/faults.ts';
import { thrownBy } from '#test/support/refused.ts';
import { openedVault } from './opened-vault.ts';

const name = 'acme/e-1/a-1.pfx';
const bytes = Uint8Array.from({ length: 2_000 }, (_, index) => index % 251);
const inDays = (days: number) => new Date(Math.ceil(Date.now() / 1_000) * 1_000 + days * 86_400_000);

const until = inDays(1);
const later = inDays(2);
const put = (vault: S3Vault) => vault.put(name, bytes, until);

/** Each call of the vault on an object that stands, and the request that it consists of. */
const calls = [
  ['read', 'GetObject', (vault: S3Vault, version: string) => vault.read(name, version)],
  ['describe', 'HeadObject', (vault: S3Vault, version: string) => vault.describe(name, version)],
  [
    'extendRetention',
    'PutObjectRetention',
    (vault: S3Vault, version: string) => vault.extendRetention(name, version, later),
  ],
  ['list', 'ListObjectVersions', (vault: S3Vault) => vault.list('')],
] as const;

const passing: readonly (readonly [string, Fault])[] = [
  ['is throttled', { kind: 'refuse', type: 'SlowDown', status: 503 }],
  ['fails inside', { kind: 'refuse', type: 'InternalError', status: 500 }],
  ['meets a service that is away', { kind: 'refuse', type: 'ServiceUnavailable', status: 503 }],
  ['is cut before it arrives', { kind: 'cut' }],
  ['is done, and its answer lost', { kind: 'lose-answer' }],
];

describe.each(passing)('a request that %s', (_, fault) => {
  it.each(calls)('is repeated by %s', async (_name, operation, call) => {
    const { vault, double } = await openedVault();
    const { version } = await put(vault);
    double.faults.plan(operation, fault, 2);
    const outcome = await call(vault, version);
    expect(outcome).toEqual(await call(vault, version));
  });

  it.each(calls)('ends %s as store-unavailable where it does not pass', async (_name, operation, call) => {
    const { vault, double } = await openedVault({ objectLock: true }, { callMilliseconds: 2_000 });
    const { version } = await put(vault);
    double.faults.plan(operation, fault);
    expect(await outcomeOf(call(vault, version))).toBe('store-unavailable');
  });

  it('is repeated by put, and leaves one object', async () => {
    const { vault, double, bucket } = await openedVault();
    double.faults.plan('PutObject', fault, 2);
    const object = await put(vault);
    expect(bucket.versions().map(({ id }) => id)).toEqual([object.version]);
    expect(await vault.describe(name, object.version)).toEqual(object);
  });

  it('ends put as store-unavailable where it does not pass; a later one finds what it left', async () => {
    const { vault, double, bucket } = await openedVault({ objectLock: true }, { callMilliseconds: 2_000 });
    // Once a lost answer has left the object, the repetition is refused by its condition, and asks what is there.
    double.faults.plan('PutObject', fault);
    double.faults.plan('HeadObject', fault);
    expect(await outcomeOf(put(vault))).toBe('store-unavailable');
    double.faults.clear();
    const { version } = await put(vault);
    expect(bucket.versions().map(({ id }) => id)).toEqual([version]);
  });
});

describe('an answer that never comes', () => {
  it.each(['never-answer', 'never-arrive'] as const)('is not waited for without end (%s)', async (kind) => {
    const { vault, double, bucket } = await openedVault({ objectLock: true }, { requestMilliseconds: 30 });
    double.faults.plan('PutObject', { kind }, 1);
    const { version } = await put(vault);
    double.faults.plan('GetObject', { kind }, 1);
    expect(new Uint8Array(await vault.read(name, version))).toEqual(bytes);
    expect(bucket.versions()).toHaveLength(1);
  });
});

describe('put', () => {
  it('takes another content for another, also where its own answer was lost', async () => {
    const { vault, double } = await openedVault();
    await vault.put(name, Uint8Array.of(1), until);
    double.faults.plan('PutObject', { kind: 'lose-answer' }, 1);
    expect(await outcomeOf(put(vault))).toBe('already-exists');
  });

  it('is repeated where a deletion came between, and finds the name free', async () => {
    const { vault, double, operations } = await openedVault();
    double.faults.plan('PutObject', { kind: 'refuse', type: 'ConditionalRequestConflict', status: 409 }, 1);
    await put(vault);
    expect(operations()).toEqual(['PutObject', 'PutObject']);
  });

  it('is repeated where bytes were damaged on their way', async () => {
    const { vault, double } = await openedVault();
    double.faults.plan('PutObject', { kind: 'refuse', type: 'BadDigest', status: 400 }, 1);
    const { version } = await put(vault);
    expect(new Uint8Array(await vault.read(name, version))).toEqual(bytes);
  });

  it('may be repeated where the object was there and then was not', async () => {
    const { vault, double } = await openedVault();
    double.faults.plan('PutObject', { kind: 'refuse', type: 'PreconditionFailed', status: 412 }, 1);
    const error = await thrownBy(() => put(vault));
    expect(error).toMatchObject({ code: 'store-unavailable', retryable: true });
  });

  it('makes a name that was marked as deleted over again, and leaves the version before', async () => {
    const { vault, bucket } = await openedVault();
    const first = await put(vault);
    bucket.mark(name, Date.now());
    const second = await vault.put(name, Uint8Array.of(1), until);
    expect(new Uint8Array(await vault.read(name, first.version))).toEqual(bytes);
    expect((await vault.list('')).items.map(({ version }) => version)).toEqual([
      second.version,
      first.version,
    ]);
  });

  it('asks for a lock of COMPLIANCE mode until the next whole second, and for nothing else', async () => {
    const { vault, bucket } = await openedVault({
      objectLock: true,
      encryption: { algorithm: 'aws:kms', keyId: 'k', bucketKey: true },
    });
    const { version, retainUntil } = await vault.put(name, bytes, new Date(until.getTime() - 1));
    expect(retainUntil).toEqual(until);
    expect(bucket.find(name, version)).toMatchObject({
      retention: { mode: 'COMPLIANCE', until: until.getTime() },
      encryption: { algorithm: 'aws:kms', keyId: 'k', bucketKey: true },
      checksum: { header: 'x-amz-checksum-sha256' },
    });
  });

  it('is one request; so are read, describe, extendRetention and a page of a list', async () => {
    const { vault, operations } = await openedVault();
    const { version } = await put(vault);
    for (const [, , call] of calls) await call(vault, version);
    expect(operations()).toEqual(['PutObject', ...calls.map(([, operation]) => operation)]);
  });
});
