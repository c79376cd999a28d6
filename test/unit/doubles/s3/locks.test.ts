import { describe, expect, it } from 'vitest';
import { openedDouble, refusalOf } from './client.ts';

const Bucket = 'backups';
const Key = 'acme/e-1/a.pfx';
const Body = 'content';
const day = 86_400_000;
const compliance = 'COMPLIANCE' as const;
const governance = 'GOVERNANCE' as const;

/** An object under a lock of one day. */
async function locked(mode: typeof compliance | typeof governance) {
  const opened = await openedDouble();
  const { s3, clock } = opened;
  const until = (days: number) => new Date(clock.now + days * day);
  const lock = { ObjectLockMode: mode, ObjectLockRetainUntilDate: until(1) };
  const { VersionId = '' } = await s3.putObject({ Bucket, Key, Body, ...lock });
  const version = { Bucket, Key, VersionId };
  const retain = (
    RetainUntilDate: Date,
    Mode: typeof compliance | typeof governance = mode,
    bypass = false,
  ) =>
    s3.putObjectRetention({
      ...version,
      Retention: { Mode, RetainUntilDate },
      BypassGovernanceRetention: bypass,
    });
  return { ...opened, version, until, retain };
}

describe('a lock in COMPLIANCE mode', () => {
  it('is told, and grows', async () => {
    const { s3, version, until, retain } = await locked(compliance);
    expect(await s3.headObject(version)).toMatchObject({
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: until(1),
    });
    await retain(until(2));
    await retain(until(2));
    expect((await s3.getObjectRetention(version)).Retention).toEqual({
      Mode: 'COMPLIANCE',
      RetainUntilDate: until(2),
    });
  });

  it('is shortened, changed and bypassed by nobody while it lasts', async () => {
    const { s3, version, until, retain } = await locked(compliance);
    const sooner = new Date(until(1).getTime() - 1_000);
    expect(await refusalOf(retain(sooner))).toBe('AccessDenied');
    expect(await refusalOf(retain(until(2), governance))).toBe('AccessDenied');
    expect(await refusalOf(retain(sooner, compliance, true))).toBe('AccessDenied');
    expect(await refusalOf(s3.deleteObject(version))).toBe('AccessDenied');
    expect(await refusalOf(s3.deleteObject({ ...version, BypassGovernanceRetention: true }))).toBe(
      'AccessDenied',
    );
    expect(await refusalOf(s3.getObject(version))).toBe('done');
  });

  it('ends when its time has come', async () => {
    const { s3, version, clock, bucket } = await locked(compliance);
    clock.now += day - 1;
    expect(await refusalOf(s3.deleteObject(version))).toBe('AccessDenied');
    clock.now += 1;
    expect(await refusalOf(s3.deleteObject(version))).toBe('done');
    expect(bucket.versions()).toEqual([]);
  });

  it('keeps the version, and not its name from a marker or a new version', async () => {
    const { s3, version } = await locked(compliance);
    expect(await refusalOf(s3.deleteObject({ Bucket, Key }))).toBe('done');
    expect(await refusalOf(s3.putObject({ Bucket, Key, Body: 'other' }))).toBe('done');
    const { Body: body } = await s3.getObject(version);
    expect(await body?.transformToString()).toBe('content');
  });
});

describe('a lock in GOVERNANCE mode', () => {
  it('gives way to whoever may bypass it', async () => {
    const { s3, version, until, retain } = await locked(governance);
    const sooner = new Date(until(1).getTime() - 1_000);
    expect(await refusalOf(retain(sooner))).toBe('AccessDenied');
    expect(await refusalOf(retain(sooner, governance, true))).toBe('done');
    expect(await refusalOf(s3.deleteObject(version))).toBe('AccessDenied');
    expect(await refusalOf(s3.deleteObject({ ...version, BypassGovernanceRetention: true }))).toBe('done');
  });
});

describe('a lock that is asked for', () => {
  it('is refused where the bucket has none', async () => {
    const { s3, clock } = await openedDouble({ versioned: true });
    const lock = { ObjectLockMode: compliance, ObjectLockRetainUntilDate: new Date(clock.now + day) };
    expect(await refusalOf(s3.putObject({ Bucket, Key, Body, ...lock }))).toBe('InvalidRequest');
    const { VersionId = '' } = await s3.putObject({ Bucket, Key, Body });
    const Retention = { Mode: compliance, RetainUntilDate: new Date(clock.now + day) };
    expect(await refusalOf(s3.putObjectRetention({ Bucket, Key, VersionId, Retention }))).toBe(
      'InvalidRequest',
    );
    expect(await refusalOf(s3.getObjectLockConfiguration({ Bucket }))).toBe(
      'ObjectLockConfigurationNotFoundError',
    );
  });

  it('is refused by half, and for the past', async () => {
    const { s3, clock } = await openedDouble();
    const put = (lock: object) => refusalOf(s3.putObject({ Bucket, Key, Body, ...lock }));
    expect(await put({ ObjectLockMode: compliance })).toBe('InvalidArgument');
    expect(await put({ ObjectLockRetainUntilDate: new Date(clock.now + day) })).toBe('InvalidArgument');
    expect(
      await put({ ObjectLockMode: compliance, ObjectLockRetainUntilDate: new Date(clock.now - 1_000) }),
    ).toBe('InvalidArgument');
  });

  it('is that of the bucket where the write names none', async () => {
    const { s3, clock, bucket } = await openedDouble();
    await s3.putObject({ Bucket, Key: 'before', Body });
    const DefaultRetention = { Mode: compliance, Days: 1 };
    await s3.putObjectLockConfiguration({
      Bucket,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention } },
    });
    await s3.putObject({ Bucket, Key, Body });
    expect(bucket.current('before')?.retention).toBeUndefined();
    expect(bucket.current(Key)?.retention).toEqual({ mode: 'COMPLIANCE', until: clock.now + day });
    const { ObjectLockConfiguration: set } = await s3.getObjectLockConfiguration({ Bucket });
    expect(set?.Rule?.DefaultRetention).toEqual(DefaultRetention);
  });
});
