import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeptNotice, NoticeQuery, Notices } from '#ports/notices.ts';
import type { Notice, Notifier } from '#ports/notifier.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import type { Making, Subject } from './subject.ts';

export interface NoticesParts {
  notifier: Notifier;
  notices: Notices;
}

/** A notice to a subscriber. */
export function noticeOf(id: string, change: Partial<Notice> = {}): Notice {
  return {
    id,
    organization: 'acme',
    subscriberId: 's-1',
    email: 'zoe@acme.example',
    subject: 'Your key is ready',
    text: 'Dear Zoë O’Brien 王,\n"your key"\u2028is ready.',
    ...change,
  };
}

/** What every list of notices must do, beside the notifier that fills it. */
export function noticesContract(name: string, make: (clock: ManualClock) => Making<NoticesParts>): void {
  describe(`${name} as Notices`, () => {
    let clock: ManualClock;
    let subject: Subject<NoticesParts>;
    beforeEach(async () => {
      clock = new ManualClock();
      subject = await make(clock);
    });
    afterEach(() => subject.close());

    async function tell(id: string, change: Partial<Notice> = {}): Promise<void> {
      clock.advance(1_000);
      await subject.notifier.notify(noticeOf(id, change));
    }

    async function allPages(query: Omit<NoticeQuery, 'cursor'>): Promise<KeptNotice[]> {
      const items: KeptNotice[] = [];
      await subject.settled?.();
      for (let cursor: string | undefined; ; ) {
        const page = await subject.notices.list(cursor === undefined ? query : { ...query, cursor });
        expect(page.items.length).toBeLessThanOrEqual(query.limit);
        items.push(...page.items);
        cursor = page.cursor;
        if (cursor === undefined) return items;
        expect(cursor).toMatch(/^\d{1,15}$/);
      }
    }

    const idsOf = (notices: KeptNotice[]) => notices.map(({ id }) => id);

    it('gives a notice as it was handed over, with its time, also after it was opened again', async () => {
      await tell('n-1');
      subject = await subject.reopen();
      const page = await subject.notices.list({ organization: 'acme', limit: 10 });
      expect(page).toEqual({ items: [{ ...noticeOf('n-1'), time: '2026-01-05T08:00:01.000Z' }] });
    });

    it('gives a notice once, with the time of the first, however often it comes', async () => {
      await tell('n-1');
      await tell('n-2');
      await tell('n-1');
      const { items } = await subject.notices.list({ organization: 'acme', limit: 10 });
      expect(items.map(({ id, time }) => [id, time])).toEqual([
        ['n-2', '2026-01-05T08:00:02.000Z'],
        ['n-1', '2026-01-05T08:00:01.000Z'],
      ]);
    });

    it('lists the newest first, page by page, whatever the page size', async () => {
      const ids = Array.from({ length: 7 }, (_, index) => `n-${index}`);
      for (const id of ids) await tell(id);
      for (const limit of [1, 2, 6, 7, 8, 1_000]) {
        expect(idsOf(await allPages({ organization: 'acme', limit }))).toEqual(ids.toReversed());
      }
    });

    it('shows a subscriber, or an organization, nothing of another', async () => {
      for (const [id, change] of [
        ['n-1', {}],
        ['n-2', { subscriberId: 's-2' }],
        ['n-1', { organization: 'other' }],
        ['n-3', {}],
      ] as const) {
        await tell(id, change);
      }
      expect(idsOf(await allPages({ organization: 'acme', limit: 1 }))).toEqual(['n-3', 'n-2', 'n-1']);
      expect(idsOf(await allPages({ organization: 'acme', subscriberId: 's-1', limit: 1 }))).toEqual([
        'n-3',
        'n-1',
      ]);
      expect(idsOf(await allPages({ organization: 'other', limit: 1 }))).toEqual(['n-1']);
      expect(await allPages({ organization: 'other', subscriberId: 's-2', limit: 1 })).toEqual([]);
    });

    it('does not lose its place when notices come between pages', async () => {
      for (const id of ['n-1', 'n-2', 'n-3']) await tell(id);
      const { cursor = '' } = await subject.notices.list({ organization: 'acme', limit: 1 });
      await tell('n-4');
      const rest = await subject.notices.list({ organization: 'acme', limit: 10, cursor });
      expect(idsOf(rest.items)).toEqual(['n-2', 'n-1']);
    });
  });
}
