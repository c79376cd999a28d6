import { describe, expect, it } from 'vitest';
import { openKmsProvider } from '#adapters/kms/kms-provider.ts';
import type { KmsKey } from '#test/doubles/kms/key-record.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';
import { refusal } from '../aws/refusal.ts';
import { livingKeys, openedKms, startDouble } from './opened-kms.ts';

const message = Buffer.from('message');
const create = { createOwnKeys: true };

describe('the own keys of a provider', () => {
  it('are made once, each for its duty, with tags that say whose they are', async () => {
    const { double, another, operations } = await openedKms({ tags: { team: 'pki', 'cost/centre': '7#8' } });
    const keys = double.account.keys();
    expect(keys.map(({ spec, usage }) => `${spec} ${usage}`).sort()).toEqual([
      'ECC_NIST_P256 SIGN_VERIFY',
      'HMAC_256 GENERATE_VERIFY_MAC',
      'SYMMETRIC_DEFAULT ENCRYPT_DECRYPT',
    ]);
    const mac = double.account.find('alias/escrow/mac');
    expect(mac.tags).toEqual({
      team: 'pki',
      'cost/centre': '7_8',
      'enrollment-key-escrow:prefix': 'escrow',
      'enrollment-key-escrow:name': 'mac',
    });
    await another();
    expect(operations().sort()).toEqual(['DescribeKey', 'DescribeKey', 'DescribeKey', 'GetPublicKey']);
    expect(double.account.keys()).toHaveLength(3);
  });

  it('are those of the first of several who make them at once', async () => {
    const double = await startDouble();
    const opened = await Promise.all(Array.from({ length: 4 }, () => openKmsProvider(create, fakeWaiting())));
    const macs = await Promise.all(opened.map((each) => each.mac(message)));
    expect(new Set(macs.map((mac) => Buffer.from(mac).toString('hex'))).size).toBe(1);
    expect(livingKeys(double)).toHaveLength(3);
    await Promise.all(opened.map((each) => each.close()));
  });

  it('are found once another process was faster, and those made in vain are taken back', async () => {
    const { provider, double, another } = await openedKms();
    double.faults.plan('DescribeKey', { kind: 'refuse', type: 'NotFoundException' }, 3);
    const late = await another();
    expect(await late.mac(message)).toEqual(await provider.mac(message));
    expect(livingKeys(double)).toHaveLength(3);
    expect(double.account.keys()).toHaveLength(6);
  });

  it('are those of the first although AWS KMS does not know their names everywhere yet', async () => {
    const { double, another } = await openedKms();
    double.faults.plan('DescribeKey', { kind: 'refuse', type: 'NotFoundException' }, 9);
    await another();
    expect(livingKeys(double)).toHaveLength(3);
  });

  it('are finished or not begun before the opening fails', async () => {
    const double = await startDouble();
    double.faults.plan('DescribeKey', { kind: 'refuse', type: 'AccessDeniedException' }, 1);
    expect((await refusal(openKmsProvider(create))).code).toBe('provider-access-denied');
    expect(double.account.aliases()).toHaveLength(2);
    expect(double.account.keys()).toHaveLength(2);
  });

  it('stand under the prefix that is set, so that two services share an account', async () => {
    const double = await startDouble();
    const [one, other] = await Promise.all(
      ['escrow/test', 'escrow/live'].map((aliasPrefix) => openKmsProvider({ ...create, aliasPrefix })),
    );
    expect(await one?.mac(message)).not.toEqual(await other?.mac(message));
    expect(double.account.aliases().map(([alias]) => alias)).toContain('alias/escrow/live/custody');
    await Promise.all([one?.close(), other?.close()]);
  });

  it('are asked for where they may not be made', async () => {
    const double = await startDouble();
    const error = await refusal(openKmsProvider({ createOwnKeys: false }));
    expect(error.code).toBe('provider-misconfigured');
    expect(error.message).toContain('alias/escrow/');
    expect(double.account.keys()).toEqual([]);
  });

  it.each<[string, Partial<KmsKey>]>([
    ['another spec', { spec: 'ECC_NIST_P384' }],
    ['another usage', { usage: 'KEY_AGREEMENT' }],
    ['key material that came from elsewhere', { origin: 'EXTERNAL' }],
  ])('are refused with %s', async (_, changed) => {
    const { double } = await openedKms();
    Object.assign(double.account.find('alias/escrow/receipts'), changed);
    const error = await refusal(openKmsProvider(create));
    expect(error.code).toBe('provider-misconfigured');
    expect(error.message).toContain('alias/escrow/receipts');
  });

  it.each([
    ['Disabled', 'key-disabled'],
    ['PendingDeletion', 'key-pending-deletion'],
  ] as const)('say at once that one is %s', async (state, code) => {
    const { double } = await openedKms();
    double.account.find('alias/escrow/custody').state = state;
    const error = await refusal(openKmsProvider(create));
    expect(error.code).toBe(code);
    expect(error.message).toContain('alias/escrow/custody');
  });

  it('are found although AWS KMS does not know a new one everywhere at once', async () => {
    const double = await startDouble();
    const unseen = { kind: 'refuse', type: 'NotFoundException' } as const;
    double.faults.plan('CreateAlias', unseen, 2);
    double.faults.plan('GetPublicKey', unseen, 2);
    const provider = await openKmsProvider(create, fakeWaiting());
    expect(livingKeys(double)).toHaveLength(3);
    await provider.close();
  });
});

describe("the provider's own keys, found when used", () => {
  const whenUsed = { createOwnKeys: false, findOwnKeys: 'when-used' } as const;

  it('are asked for by what uses them, once each', async () => {
    const { another, operations } = await openedKms();
    await another();
    operations();
    const provider = await openKmsProvider({ ...whenUsed }, fakeWaiting());
    expect(operations()).toEqual([]);
    for (let round = 0; round < 2; round++) await provider.mac(new Uint8Array(32));
    expect(operations()).toEqual(['DescribeKey', 'GenerateMac', 'GenerateMac']);
    await provider.receiptKey();
    await provider.receiptKey();
    expect(operations()).toEqual(['DescribeKey', 'GetPublicKey']);
    await provider.close();
  });

  it('are looked for again after they were not there', async () => {
    const double = await startDouble();
    const provider = await openKmsProvider({ ...whenUsed }, fakeWaiting());
    expect((await refusal(provider.mac(new Uint8Array(32)))).code).toBe('provider-misconfigured');
    await (await openKmsProvider(create)).close();
    expect(await provider.mac(new Uint8Array(32))).toHaveLength(32);
    expect(livingKeys(double)).toHaveLength(3);
    await provider.close();
  });

  it('keep nobody waiting who has given up', async () => {
    const { double } = await openedKms();
    double.faults.plan('DescribeKey', { kind: 'never-answer' });
    const provider = await openKmsProvider({ ...whenUsed, callMilliseconds: 500 });
    const gaveUp = provider.mac(new Uint8Array(32), { signal: AbortSignal.timeout(50) });
    expect((await refusal(gaveUp)).code).toBe('operation-cancelled');
    await provider.close();
  });
});

describe('settings', () => {
  it.each([
    ['aliasPrefix', { aliasPrefix: 'aws/mine' }],
    ['aliasPrefix', { aliasPrefix: 'a.b' }],
    ['aliasPrefix', { aliasPrefix: 'a//b' }],
    ['aliasPrefix', { aliasPrefix: 'x'.repeat(101) }],
    ['deletionWindowDays', { deletionWindowDays: 6 }],
    ['deletionWindowDays', { deletionWindowDays: 31 }],
    ['deletionWindowDays', { deletionWindowDays: 7.5 }],
    ['tags', { tags: Object.fromEntries(Array.from({ length: 46 }, (_, index) => [`tag${index}`, ''])) }],
  ])('with a wrong %s are refused before anything is asked', async (field, settings) => {
    const error = await refusal(openKmsProvider({ createOwnKeys: true, ...settings }));
    expect(error.code).toBe('provider-misconfigured');
    expect(error.details.field).toBe(field);
  });
});
