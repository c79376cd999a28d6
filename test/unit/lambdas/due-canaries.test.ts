import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Enrollment } from '#domain/enrollment.ts';
import { dueCanaries } from '#lambdas/check-canaries/due-canaries.ts';
import { enrollmentRecord } from '#test/contract/records.ts';

const now = new Date('2026-06-30T12:00:00.000Z');
const hour = 3_600_000;

function canary(hours: number, state: Enrollment['state'] = 'ready'): Enrollment {
  const requestedAt = new Date(now.getTime() - hours * hour).toISOString();
  return enrollmentRecord(`enr_${hours}`, { state, requestedAt });
}

const idsOf = (canaries: readonly Enrollment[]) => canaries.map(({ id }) => id);

describe('the canaries that are due', () => {
  it('are the newest, and ever fewer of the older ones', () => {
    const year = Array.from({ length: 365 }, (_, day) => canary(24 * day + 1));
    const { toOpen, overdue, isMissing } = dueCanaries(year, now);
    expect(idsOf(toOpen)).toEqual(
      [1, 25, 49, 97, 193, 385, 769, 1_537, 3_073, 6_145].map((hours) => `enr_${hours}`),
    );
    expect([overdue, isMissing]).toEqual([[], false]);
  });

  it('are the only one there is', () => {
    expect(idsOf(dueCanaries([canary(1)], now).toOpen)).toEqual(['enr_1']);
    expect(idsOf(dueCanaries([canary(100)], now).toOpen)).toEqual(['enr_100']);
  });

  it('are the newest that is ready, while today’s is still being made', () => {
    const { toOpen, overdue, isMissing } = dueCanaries([canary(0, 'making'), canary(24)], now);
    expect([idsOf(toOpen), overdue, isMissing]).toEqual([['enr_24'], [], false]);
  });

  it.each(['accepted', 'making'] as const)(
    'are late where they are %s after 26 hours, for a week',
    (state) => {
      const canaries = [25, 27, 24 * 7, 24 * 9].map((hours) => canary(hours, state));
      expect(idsOf(dueCanaries(canaries, now).overdue)).toEqual(['enr_27', 'enr_168']);
    },
  );

  it('are late where custody refused them though it once made them, and not where it never did', () => {
    const refusal = { code: 'escrow-impossible', reason: '', contact: '', rules: [], receiptId: '' } as const;
    const refused = { ...canary(30, 'refused'), refusal };
    expect(dueCanaries([refused], now).overdue).toEqual([]);
    expect(dueCanaries([refused, canary(100)], now).overdue).toEqual([refused]);
  });

  it('are missing where none was asked for within 26 hours', () => {
    expect(dueCanaries([], now).isMissing).toBe(true);
    expect(dueCanaries([canary(27)], now).isMissing).toBe(true);
    expect(dueCanaries([canary(25)], now).isMissing).toBe(false);
  });

  it('are few and ready, however many there are', () => {
    const states = fc.constantFrom<Enrollment['state']>('ready', 'accepted', 'making', 'refused');
    const some = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 90_000 }), states), {
      selector: ([hours]) => hours,
      maxLength: 200,
    });
    fc.assert(
      fc.property(some, (each) => {
        const { toOpen } = dueCanaries(
          each.map(([hours, state]) => canary(hours, state)),
          now,
        );
        expect(toOpen.length).toBeLessThanOrEqual(13);
        expect(new Set(toOpen).size).toBe(toOpen.length);
        expect(toOpen.every(({ state }) => state === 'ready')).toBe(true);
        expect(toOpen.length > 0).toBe(each.some(([, state]) => state === 'ready'));
      }),
    );
  });
});
