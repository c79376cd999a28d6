import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IdempotencyKeys } from '#ports/idempotency-keys.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import type { Making, Subject } from './subject.ts';

export interface IdempotencyParts {
  idempotencyKeys: IdempotencyKeys;
}

const hour = 3_600_000;

/** What every IdempotencyKeys must do. */
export function idempotencyKeysContract(
  name: string,
  make: (clock: ManualClock) => Making<IdempotencyParts>,
): void {
  describe(`${name} as IdempotencyKeys`, () => {
    let clock: ManualClock;
    let subject: Subject<IdempotencyParts>;
    beforeEach(async () => {
      clock = new ManualClock();
      subject = await make(clock);
    });
    afterEach(() => subject.close());

    const claim = (id: string, fingerprint = 'one', organization = 'acme', lasts = hour) => {
      const until = new Date(clock.now().getTime() + lasts);
      return subject.idempotencyKeys.claim(organization, id, fingerprint, until);
    };

    it('tells a new request, the same again, and another, also after it was opened again', async () => {
      expect(await claim('k-1')).toBe('new');
      expect(await claim('k-1')).toBe('same');
      subject = await subject.reopen();
      expect(await claim('k-1', 'two')).toBe('other');
      expect(await claim('k-1')).toBe('same');
      expect(await claim('k-2', 'two')).toBe('new');
    });

    it('lets one of many who claim at once win', async () => {
      const same = await Promise.all(Array.from({ length: 8 }, () => claim('k-1')));
      expect(same.toSorted()).toEqual(['new', ...Array(7).fill('same')]);
      const different = await Promise.all(
        Array.from({ length: 8 }, (_, index) => claim('k-2', `f-${index}`)),
      );
      expect(different.toSorted()).toEqual(['new', ...Array(7).fill('other')]);
    });

    it("knows nothing of another organization's claims", async () => {
      expect(await claim('k-1')).toBe('new');
      expect(await claim('k-1', 'two', 'other')).toBe('new');
      expect(await claim('k-1', 'one', 'other')).toBe('other');
    });

    it('forgets a claim at its end and not before, however often it came', async () => {
      await claim('k-1');
      clock.advance(hour - 1);
      expect(await claim('k-1')).toBe('same');
      clock.advance(1);
      expect(await claim('k-1', 'two')).toBe('new');
      expect(await claim('k-1', 'one')).toBe('other');
    });

    it('ends each claim by itself, however many end at once', async () => {
      for (let index = 0; index < 30; index += 1) await claim(`short-${index}`, 'one', 'acme', 1_000);
      await claim('long');
      clock.advance(1_000);
      expect(await claim('short-29', 'two')).toBe('new');
      expect(await claim('short-0', 'two')).toBe('new');
      expect(await claim('long', 'two')).toBe('other');
    });
  });
}
