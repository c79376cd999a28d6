import { describe, expect, it } from 'vitest';
import type { Account } from '#test/doubles/kms/account.ts';
import { refusal } from '../aws/refusal.ts';
import { context, livingKeys, type OpenedKms, openedKms } from './opened-kms.ts';

const soon = () => new Date(Date.now() + 1_000);
const denied = { kind: 'refuse', type: 'AccessDeniedException' } as const;

/** A key of somebody else in the account. */
function foreignKey(account: Account) {
  const kind = { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', origin: 'AWS_KMS' } as const;
  return account.add({ ...kind, description: 'foreign', tags: {} }, Buffer.alloc(32));
}

/** Leaves a resident key behind as a lost answer does. */
async function leaveKey({ resident, double }: OpenedKms): Promise<void> {
  double.faults.plan('CreateKey', { kind: 'lose-answer' }, 1);
  await refusal(resident.generate('left', 'ECC_NIST_P256', context));
}

describe('the sweep', () => {
  it('destroys no key that others do not know by name, or that cannot be looked at', async () => {
    const kms = await openedKms();
    foreignKey(kms.double.account);
    foreignKey(kms.double.account);
    await leaveKey(kms);
    kms.double.faults.plan('ListResourceTags', denied, 1);
    kms.double.faults.plan('ListResourceTags', { kind: 'refuse', type: 'NotFoundException' }, 1);
    expect(await kms.provider.sweep(soon())).toBe(1);
    expect(livingKeys(kms.double).filter((each) => each === 'foreign')).toHaveLength(2);
  });

  it('destroys no key of another prefix', async () => {
    const kms = await openedKms({ aliasPrefix: 'escrow/live' });
    await leaveKey(kms);
    for (const { tags } of kms.double.account.keys()) {
      if ('enrollment-key-escrow:enrollment' in tags) tags['enrollment-key-escrow:prefix'] = 'escrow/test';
    }
    expect(await kms.provider.sweep(soon())).toBe(0);
  });

  it('says so where it may look at no key at all', async () => {
    const kms = await openedKms();
    await leaveKey(kms);
    kms.double.faults.plan('ListResourceTags', denied);
    expect((await refusal(kms.provider.sweep(soon()))).code).toBe('provider-access-denied');
  });

  it('leaves own keys alone whose alias somebody removed: what they wrapped would be lost', async () => {
    const { provider, double } = await openedKms();
    for (const duty of ['custody', 'mac', 'receipts']) double.account.removeAlias(`alias/escrow/${duty}`);
    expect(await provider.sweep(soon())).toBe(0);
    expect(livingKeys(double)).toHaveLength(3);
  });

  it('looks through more keys and aliases than AWS KMS tells at once', async () => {
    const kms = await openedKms();
    for (let index = 0; index < 1_001; index++) {
      const { account } = kms.double;
      account.nameKey(`alias/foreign/${index}`, foreignKey(account));
    }
    await leaveKey(kms);
    kms.operations();
    expect(await kms.provider.sweep(soon())).toBe(1);
    const asked = kms.operations();
    expect(asked.filter((each) => each === 'ListKeys')).toHaveLength(2);
    expect(asked.filter((each) => each === 'ListResourceTags')).toHaveLength(1);
  });
});
