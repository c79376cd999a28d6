import { describe, expect, it } from 'vitest';
import { openS3Vault, type S3Vault } from '#adapters/s3/s3-vault.ts';
import { s3Permissions } from '#contract/s3-permissions.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { thrownBy } from '#test/support/refused.ts';
import { openedVault } from './opened-vault.ts';

const name = 'acme/e-1/a-1.pfx';
const bytes = Uint8Array.of(1, 2, 3);
const until = new Date(Date.now() + 86_400_000);
const later = new Date(Date.now() + 2 * 86_400_000);
const version = 'a'.repeat(32);

const everyCall = [
  ['put', (vault: S3Vault) => vault.put(name, bytes, until)],
  ['read', (vault: S3Vault) => vault.read(name, version)],
  ['describe', (vault: S3Vault) => vault.describe(name, version)],
  ['extendRetention', (vault: S3Vault) => vault.extendRetention(name, version, until)],
  ['list', (vault: S3Vault) => vault.list('')],
] as const;

describe.each(everyCall)('%s', (_, call) => {
  it('says that there is no such bucket', async () => {
    const { vault, double } = await openedVault();
    double.buckets.clear();
    const error = await thrownBy(() => call(vault));
    expect(error).toMatchObject({ code: 'store-misconfigured', retryable: false });
    expect(error.message).toBe('there is no bucket for backups of the name that is set');
  });

  it('says that a permission is missing, and where they are named', async () => {
    const { vault, double } = await openedVault();
    double.permissions.allowed = new Set();
    const error = await thrownBy(() => call(vault));
    expect(error.code).toBe('store-misconfigured');
    expect(error.next).toContain('docs/s3.md');
  });

  it('says which permission is missing where S3 does', async () => {
    const { vault, double } = await openedVault();
    const message =
      'User: arn:aws:sts::111122223333:assumed-role/maker/f is not authorized to perform: s3:Something on resource: "arn:aws:s3:::backups/x" because no identity-based policy allows the s3:Something action';
    double.faults.plan('*', { kind: 'refuse', type: 'AccessDenied', message, status: 403 });
    const error = await thrownBy(() => call(vault));
    expect(error.message).toBe('Amazon S3 does not allow this service s3:Something');
  });

  it('says that the bucket is in another region', async () => {
    const { vault, double } = await openedVault();
    double.faults.plan('*', { kind: 'refuse', type: 'PermanentRedirect', status: 301 });
    const error = await thrownBy(() => call(vault));
    expect(error.message).toBe('the bucket for backups is not in the AWS region that is set');
  });

  it('says that credentials have expired, and not that an object is missing', async () => {
    const { vault, double } = await openedVault();
    double.faults.plan('*', { kind: 'refuse', type: 'ExpiredToken', status: 400 });
    const error = await thrownBy(() => call(vault));
    expect(error.message).toBe('the AWS credentials have expired');
  });

  it('takes a refusal that nobody told us of for a fault of ours, and keeps it from the caller', async () => {
    const { vault, double } = await openedVault();
    double.faults.plan('*', { kind: 'refuse', type: 'InvalidToken', message: 'AKIA...', status: 400 });
    const error = await thrownBy(() => call(vault));
    expect(error.code).toBe('internal');
    expect(error.message).not.toContain('AKIA');
  });

  it('sends nothing to another machine in clear', async () => {
    await openedVault();
    process.env['AWS_ENDPOINT_URL_S3'] = 'http://s3.example.org';
    const vault = openS3Vault({ bucket: 'backups' });
    const error = await thrownBy(() => call(vault));
    expect(error.code).toBe('store-misconfigured');
    expect(error.next).toContain('https://');
    vault.close();
  });
});

describe('a bucket', () => {
  it.each([{ versioned: false }, { versioned: true }])(
    'without Object Lock is refused (%o)',
    async (settings) => {
      const { vault, bucket } = await openedVault(settings);
      const error = await thrownBy(() => vault.put(name, bytes, until));
      expect(error.message).toBe('the bucket for backups has no Object Lock');
      expect(bucket.versions()).toEqual([]);
      const extended = await thrownBy(() => vault.extendRetention(name, version, until));
      expect(extended.message).toBe('the bucket for backups has no Object Lock');
    },
  );

  it('whose key cannot be used is told apart from one that does not answer', async () => {
    const { vault, double } = await openedVault();
    double.faults.plan('PutObject', { kind: 'refuse', type: 'KMS.DisabledException', status: 400 });
    const error = await thrownBy(() => vault.put(name, bytes, until));
    expect(error.message).toBe('Amazon S3 cannot use the AWS KMS key of the bucket for backups');
  });
});

describe('the permissions of a use', () => {
  async function allowed(...uses: (keyof typeof s3Permissions)[]) {
    const opened = await openedVault();
    const stored = await opened.vault.put(name, bytes, until);
    const actions = uses.flatMap((use) => s3Permissions[use]);
    opened.double.permissions.allowed = new Set<string>(actions.map(({ action }) => action));
    return { ...opened, stored };
  }

  it('backups:read are enough to read and describe, and to be told what is missing', async () => {
    const { vault, stored } = await allowed('backups:read');
    expect(await vault.read(name, stored.version)).toEqual(bytes);
    expect(await vault.describe(name, stored.version)).toEqual(stored);
    expect(await outcomeOf(vault.read(name, version))).toBe('object-missing');
    expect(await outcomeOf(vault.describe('acme/e-2/a.pfx', version))).toBe('object-missing');
  });

  it('backups:read are not enough to write, to extend a retention, or to list', async () => {
    const { vault, stored } = await allowed('backups:read');
    expect(await outcomeOf(vault.put('acme/e-2/a.pfx', bytes, until))).toBe('store-misconfigured');
    expect(await outcomeOf(vault.extendRetention(name, stored.version, later))).toBe('store-misconfigured');
    expect(await outcomeOf(vault.list(''))).toBe('store-misconfigured');
  });

  it('backups:write are enough to write, to find an own write again, and to extend its retention', async () => {
    const { vault, stored } = await allowed('backups:write');
    await vault.put('acme/e-2/a.pfx', bytes, until);
    expect(await vault.put(name, bytes, until)).toEqual(stored);
    await vault.extendRetention(name, stored.version, later);
    expect(await outcomeOf(vault.extendRetention(name, stored.version, until))).toBe('store-misconfigured');
  });

  it('backups:read and backups:write together tell a retention that is longer', async () => {
    const { vault, stored } = await allowed('backups:read', 'backups:write');
    await vault.extendRetention(name, stored.version, later);
    expect(await outcomeOf(vault.extendRetention(name, stored.version, until))).toBe('retention-locked');
  });

  it('backups:list are enough to list, and for nothing else', async () => {
    const { vault, stored } = await allowed('backups:list');
    expect((await vault.list('')).items).toHaveLength(1);
    expect(await outcomeOf(vault.read(name, stored.version))).toBe('store-misconfigured');
    expect(await outcomeOf(vault.describe(name, stored.version))).toBe('store-misconfigured');
  });
});
