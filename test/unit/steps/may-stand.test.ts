import { beforeEach, describe, expect, it } from 'vitest';
import { InputError, StateError, StoreError } from '#domain/errors.ts';
import type { Organization } from '#domain/organization.ts';
import { standsNot, whatStands, writeOrLook } from '#steps/may-stand.ts';
import { organizationRecord } from '#test/contract/records.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { thrownBy } from '#test/support/refused.ts';

const lost = () => new StoreError('store-unavailable', { why: 'it was made to fail' });

describe('what may be done though it fails', () => {
  it('gives its result where it does not', async () => {
    expect(await whatStands(async () => 'result')).toBe('result');
  });

  it('says so where the answer was lost, or nobody knows what happened', async () => {
    const unknown = new TypeError('marked');
    for (const [thrown, code] of [
      [lost(), 'store-unavailable'],
      [unknown, 'internal'],
    ] as const) {
      const error = await thrownBy(() => whatStands(() => Promise.reject(thrown)));
      expect(error).toMatchObject({ code, cause: thrown, details: { mayStand: true } });
      expect(error.message).not.toContain('marked');
    }
  });

  it('does not say so of a refusal', async () => {
    const refused = new InputError('invalid-input');
    expect(await thrownBy(() => whatStands(() => Promise.reject(refused)))).toBe(refused);
  });

  it('says it no longer once it is known that nothing stands', async () => {
    const error = await thrownBy(() => whatStands(() => Promise.reject(lost())));
    const known = standsNot(error);
    expect(known).toMatchObject({ code: 'store-unavailable', details: { mayStand: false } });
    expect(await thrownBy(() => whatStands(() => Promise.reject(known)))).toBe(known);
    const other = new TypeError('marked');
    expect(standsNot(other)).toBe(other);
  });
});

describe('a write of a record', () => {
  let registry: MemoryRegistry;
  const record: Organization = { ...organizationRecord('acme'), retentionDays: 7 };
  beforeEach(() => {
    registry = new MemoryRegistry(new ManualClock());
  });

  it('that stands is done, though its answer was lost', async () => {
    await writeOrLook(registry, { ...record, proposal: undefined }, async () => {
      await registry.create(record);
      throw lost();
    });
  });

  it('that does not stand, or that nobody can look at, may stand', async () => {
    const notDone = () => writeOrLook(registry, record, () => Promise.reject(lost()));
    expect(await thrownBy(notDone)).toMatchObject({ details: { mayStand: true } });
    const other = { ...record, name: 'Other' };
    await registry.create(other);
    expect(await thrownBy(notDone)).toMatchObject({ details: { mayStand: true } });
    const gone = { read: () => Promise.reject(lost()) };
    const unseen = () => writeOrLook(gone, record, () => Promise.reject(lost()));
    expect(await thrownBy(unseen)).toMatchObject({ details: { mayStand: true } });
  });

  it('that somebody else won does not stand', async () => {
    const raced = new StateError('version-conflict');
    expect(await thrownBy(() => writeOrLook(registry, record, () => Promise.reject(raced)))).toBe(raced);
  });
});
