import { describe, expect, it } from 'vitest';
import { InputError, LockError, PolicyError, ProviderError, StoreError } from '#domain/errors.ts';
import { type RecordNow, type RefuseNow, recordingAt } from '#ports/ledger.ts';
import { recorded } from '#steps/record.ts';
import { MemoryLedger } from '#test/doubles/memory-ledger.ts';
import { thrownBy } from '#test/support/refused.ts';

const entry = { action: 'export-copy', organization: 'acme', principal: 'ada', requestId: 'r1' };

async function recordOf(error: unknown) {
  const ledger = new MemoryLedger();
  const thrown = await thrownBy(() => recorded({ ledger }, entry, () => Promise.reject(error)));
  return { thrown, entries: ledger.entries };
}

describe('an act that is recorded', () => {
  it('is recorded as done, and then gives its result', async () => {
    const ledger = new MemoryLedger();
    expect(await recorded({ ledger }, entry, async () => 'result')).toBe('result');
    expect(ledger.entries).toEqual([{ ...entry, outcome: 'done' }]);
  });

  it('keeps no more of what a sender calls itself and its request than fits', async () => {
    const ledger = new MemoryLedger();
    const long = { ...entry, principal: 'p'.repeat(10_000), requestId: 'r'.repeat(10_000) };
    await recorded({ ledger }, long, async () => 'result');
    expect(ledger.entries).toEqual([
      { ...entry, principal: 'p'.repeat(256), requestId: 'r'.repeat(256), outcome: 'done' },
    ]);
  });

  it('is recorded with the enrollment that it names, and never with what else was put in its place', async () => {
    const ledger = new MemoryLedger();
    const named = { ...entry, enrollmentId: 'enr_abcdefghijklmnopqrstuvwxyz' };
    await recorded({ ledger }, named, async () => 'result');
    for (const enrollmentId of ['correct-horse-battery', 'enr_Correct', 'enr_', `enr_${'a'.repeat(27)}`]) {
      await recorded({ ledger }, { ...entry, enrollmentId }, async () => 'result');
    }
    expect(ledger.entries).toEqual(
      [named, entry, entry, entry, entry].map((each) => ({ ...each, outcome: 'done' })),
    );
  });

  it('is recorded with what its result tells', async () => {
    const ledger = new MemoryLedger();
    const refusal = { outcome: 'refused', code: 'escrow-impossible' } as const;
    await recorded(
      { ledger },
      entry,
      async () => 'enr_1',
      (enrollmentId) => ({ enrollmentId, ...refusal }),
    );
    expect(ledger.entries).toEqual([{ ...entry, ...refusal, enrollmentId: 'enr_1' }]);
  });

  it('is recorded when its work asks for it, and not again when it is done', async () => {
    const ledger = new MemoryLedger();
    const early: unknown[] = [];
    const work = async (recordNow: RecordNow) => {
      early.push(await recordNow({ receiptId: 'rcp_1' }), ...ledger.entries);
      return 'result';
    };
    expect(await recorded({ ledger }, entry, work, () => ({ about: ['unused'] }))).toBe('result');
    expect(early).toEqual(['led_1', { ...entry, outcome: 'done', receiptId: 'rcp_1' }]);
    expect(ledger.entries).toHaveLength(1);
  });

  it('that fails after its work asked for its record takes that one back', async () => {
    const ledger = new MemoryLedger();
    const error = new StoreError('store-unavailable');
    const work = async (recordNow: RecordNow) => {
      await recordNow();
      throw error;
    };
    expect(await thrownBy(() => recorded({ ledger }, entry, work))).toBe(error);
    expect(ledger.entries).toEqual([
      { ...entry, outcome: 'done' },
      { ...entry, outcome: 'failed', code: 'store-unavailable', takesBack: 'led_1' },
    ]);
  });

  it('that is refused early is not recorded again as it throws that refusal, and as another it is', async () => {
    const refusal = new LockError('enrollment-locked');
    const gone = new StoreError('store-unavailable');
    for (const [thrown, more] of [
      [refusal, []],
      [gone, [{ ...entry, outcome: 'failed', code: 'store-unavailable' }]],
    ] as const) {
      const ledger = new MemoryLedger();
      const work = async (_recordNow: RecordNow, refuseNow: RefuseNow) => {
        await refuseNow(refusal);
        throw thrown;
      };
      expect(await thrownBy(() => recorded({ ledger }, entry, work))).toBe(thrown);
      expect(ledger.entries).toEqual([{ ...entry, outcome: 'refused', code: 'enrollment-locked' }, ...more]);
    }
  });

  it('that may be done though it fails takes nothing back', async () => {
    const ledger = new MemoryLedger();
    const work = async (recordNow: RecordNow) => {
      await recordNow();
      throw new StoreError('store-unavailable', { mayStand: true });
    };
    await thrownBy(() => recorded({ ledger }, entry, work));
    expect(ledger.entries).toEqual([
      { ...entry, outcome: 'done' },
      { ...entry, outcome: 'failed', code: 'store-unavailable' },
    ]);
  });

  it('does not go on where the record that its work asks for cannot be made', async () => {
    const gone = new StoreError('store-unavailable');
    const steps: string[] = [];
    const ledger = { record: () => Promise.reject(gone) };
    const work = async (recordNow: RecordNow) => {
      await recordNow();
      steps.push('acted');
    };
    expect(await thrownBy(() => recorded({ ledger }, entry, work))).toBe(gone);
    expect(steps).toEqual([]);
  });

  it('is recorded with the policy that refused it', async () => {
    const rules = ['never'];
    const { entries } = await recordOf(new PolicyError('export-refused', { rules, policyVersion: '7' }));
    const refused = { outcome: 'refused', code: 'export-refused', about: rules };
    expect(entries).toEqual([{ ...entry, ...refused, policy: { version: '7', rules } }]);
  });

  it('says where it was recorded, where that is known', async () => {
    const ledger = new MemoryLedger();
    await recorded({ ledger: recordingAt('export-copy', ledger) }, entry, async () => 'result');
    expect(ledger.entries).toEqual([{ ...entry, outcome: 'done', where: 'export-copy' }]);
  });

  it('is recorded as refused if the caller must change something', async () => {
    const error = new LockError('wrong-password');
    const { thrown, entries } = await recordOf(error);
    expect(thrown).toBe(error);
    expect(entries).toEqual([{ ...entry, outcome: 'refused', code: 'wrong-password' }]);
  });

  it('is recorded as failed if it may succeed later', async () => {
    const { entries } = await recordOf(new ProviderError('provider-unavailable'));
    expect(entries).toEqual([{ ...entry, outcome: 'failed', code: 'provider-unavailable' }]);
  });

  it('is recorded with the fields at fault, never with their values', async () => {
    const issue = (field: string) => ({ field, why: 'is wrong', next: 'Correct it.' });
    const issues = [issue('email'), issue('purpose')];
    const several = await recordOf(new InputError('invalid-input', { ...issue('email'), issues }));
    expect(several.entries[0]?.about).toEqual(['email', 'purpose']);
    const one = await recordOf(new InputError('key-spec-below-floor', { field: 'keySpec' }));
    expect(one.entries[0]?.about).toEqual(['keySpec']);
  });

  it('is recorded with the rules that refused it', async () => {
    const { entries } = await recordOf(new PolicyError('export-refused', { rules: ['not-exportable'] }));
    expect(entries[0]?.about).toEqual(['not-exportable']);
  });

  it('that fails by an error of another kind gives one of ours, which says nothing of it', async () => {
    const cause = new TypeError('vendor says: PIN 1234');
    const { thrown, entries } = await recordOf(cause);
    expect(thrown).toMatchObject({ code: 'internal', cause });
    expect(thrown.message).not.toContain('1234');
    expect(JSON.stringify(entries)).not.toContain('1234');
  });

  it('gives nothing if it cannot be recorded', async () => {
    const ledger = { record: () => Promise.reject(new StoreError('store-unavailable')) };
    const done = await thrownBy(() => recorded({ ledger }, entry, async () => 'result'));
    expect(done.code).toBe('store-unavailable');
    const refused = () => recorded({ ledger }, entry, () => Promise.reject(new LockError('wrong-password')));
    expect((await thrownBy(refused)).code).toBe('store-unavailable');
  });

  it('is done once, and waits for its record', async () => {
    const order: string[] = [];
    const ledger = {
      record: async () => {
        await Promise.resolve();
        order.push('recorded');
        return '1';
      },
    };
    await recorded({ ledger }, entry, async () => order.push('done'));
    order.push('returned');
    expect(order).toEqual(['done', 'recorded', 'returned']);
  });
});
