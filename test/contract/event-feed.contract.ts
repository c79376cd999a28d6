import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '#domain/errors.ts';
import { type EventFeed, oldestKept } from '#ports/event-feed.ts';
import type { Registry } from '#ports/registry.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { enrollmentRecord, nextVersion, organizationRecord } from './records.ts';
import type { Making, Subject } from './subject.ts';

export interface FeedParts {
  registry: Registry;
  feed: EventFeed;
  /** Has every event published that was borne until now, and lets go of what need not be kept any more. */
  carry(): Promise<void>;
}

const day = 24 * 3_600_000;

/** What every EventFeed must do together with the registry whose events it shows. */
export function eventFeedContract(name: string, make: (clock: ManualClock) => Making<FeedParts>): void {
  describe(`${name} as EventFeed`, () => {
    let clock: ManualClock;
    let subject: Subject<FeedParts>;
    beforeEach(async () => {
      clock = new ManualClock('2026-03-01T10:00:00.000Z');
      subject = await make(clock);
    });
    afterEach(() => subject.close());

    const write = (id: string, organization = 'acme') =>
      subject.registry.create(enrollmentRecord(id, { organization }));
    const idsAfter = async (position: string | undefined, limit = 100, organization = 'acme') =>
      (await subject.feed.after(organization, position, limit)).entries.map(({ event }) => event.id);
    const refusalOf = async (call: Promise<unknown>) => {
      const error: unknown = await call.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InputError);
      return error;
    };

    it('holds the events in the order of the writes, published or not', async () => {
      await write('e-2');
      await subject.registry.replace(nextVersion(enrollmentRecord('e-2')), { version: 1 });
      await subject.carry();
      await write('e-1');
      const { entries } = await subject.feed.after('acme', oldestKept, 100);
      expect(entries.map(({ event }) => event.id)).toEqual(['e-2.1.0', 'e-2.2.0', 'e-2.2.1', 'e-1.1.0']);
      expect(entries[0]?.event).toEqual({
        specversion: '1.0',
        id: 'e-2.1.0',
        source: '/organizations/acme/enrollments/e-2',
        type: 'EnrollmentAccepted',
        time: '2026-03-01T10:00:00.000Z',
        datacontenttype: 'application/json',
        data: { enrollmentId: 'e-2', purpose: 'encryption' },
      });
    });

    it("holds one organization's events only, its own among them", async () => {
      await write('e-1');
      await write('e-9', 'acme-2');
      const events = [{ name: 'SubscriberSignInAwaited', data: { enrollmentId: 'x' } }] as const;
      await subject.registry.create({ ...organizationRecord('acme'), events });
      expect(await idsAfter(oldestKept)).toEqual(['e-1.1.0', 'organization.1.0']);
      expect(await idsAfter(oldestKept, 100, 'acme-2')).toEqual(['e-9.1.0']);
      expect(await idsAfter(oldestKept, 100, 'acm')).toEqual([]);
    });

    it('goes on by pages, each from where the one before ended', async () => {
      for (const id of ['e-1', 'e-2', 'e-3', 'e-4', 'e-5']) await write(id);
      const ids: string[] = [];
      let position: string = oldestKept;
      for (let page = 0; page < 4; page += 1) {
        const { entries, position: end } = await subject.feed.after('acme', position, 2);
        ids.push(...entries.map(({ event }) => event.id));
        expect(entries.length).toBeLessThanOrEqual(2);
        expect(end).toBe(entries.at(-1)?.position ?? position);
        position = end;
      }
      expect(ids).toEqual(['e-1.1.0', 'e-2.1.0', 'e-3.1.0', 'e-4.1.0', 'e-5.1.0']);
    });

    it('goes on from any entry, also after it was opened again', async () => {
      for (const id of ['e-1', 'e-2', 'e-3']) await write(id);
      const { entries } = await subject.feed.after('acme', oldestKept, 100);
      subject = await subject.reopen();
      expect(await idsAfter(entries[0]?.position)).toEqual(['e-2.1.0', 'e-3.1.0']);
      expect(await idsAfter(entries[2]?.position)).toEqual([]);
    });

    it('starts now where no position is given, whether there were events or not', async () => {
      const empty = await subject.feed.after('acme', undefined, 100);
      expect(empty.entries).toEqual([]);
      await write('e-1');
      expect(await idsAfter(empty.position)).toEqual(['e-1.1.0']);
      const now = await subject.feed.after('acme', undefined, 100);
      expect(now.entries).toEqual([]);
      await write('e-2');
      expect(await idsAfter(now.position)).toEqual(['e-2.1.0']);
    });

    it('keeps what was published for seven days, and not for ever', async () => {
      await write('e-1');
      await subject.carry();
      clock.advance(7 * day);
      await write('e-2');
      await subject.carry();
      expect(await idsAfter(oldestKept)).toEqual(['e-1.1.0', 'e-2.1.0']);
      clock.advance(day + 1);
      await write('e-3');
      await subject.carry();
      expect(await idsAfter(oldestKept)).toEqual(['e-2.1.0', 'e-3.1.0']);
    });

    it('says so of a position after which events are gone, and of no other', async () => {
      await write('e-1');
      await write('e-2');
      await write('f-1', 'other');
      const { entries } = await subject.feed.after('acme', oldestKept, 100);
      const [first, second] = entries.map(({ position }) => position);
      await subject.carry();
      clock.advance(8 * day + 1);
      await subject.carry();
      expect(await refusalOf(subject.feed.after('acme', first, 100))).toMatchObject({
        code: 'invalid-input',
        details: {
          field: 'lastEventId',
          why: expect.stringContaining('older than the events that are kept'),
        },
      });
      // Nothing of the organization's own followed it; what followed of another's does not matter.
      expect(await idsAfter(second)).toEqual([]);
      expect(await idsAfter(oldestKept)).toEqual([]);
      const { position } = await subject.feed.after('acme', oldestKept, 100);
      await write('e-3');
      for (const start of [second, position, oldestKept]) expect(await idsAfter(start)).toEqual(['e-3.1.0']);
      await refusalOf(subject.feed.changed('acme', first ?? '', new AbortController().signal));
    });

    it.each(['', '-1', '1.5', '0x1', 'newest', '99999999999999999999', '1e1', ' 1', '007 OR 1=1'])(
      'says that "%s" is no position',
      async (position) => {
        await write('e-1');
        expect(await refusalOf(subject.feed.after('acme', position, 100))).toMatchObject({
          details: { field: 'lastEventId', why: 'is not a position of this feed' },
        });
      },
    );

    it('says of a position that was not yet given that it is none', async () => {
      await write('e-1');
      const { position } = await subject.feed.after('acme', oldestKept, 100);
      const [, whole = '', rest = ''] = /^(\d+)(.*)$/.exec(position) ?? [];
      await refusalOf(subject.feed.after('acme', `${Number(whole) + 1}${rest}`, 100));
    });

    it('gives a page of 1 to 1,000 whatever is asked for', async () => {
      await write('e-1');
      await write('e-2');
      for (const limit of [-5, 0, 0.5, 1.9]) expect(await idsAfter(oldestKept, limit)).toEqual(['e-1.1.0']);
      expect(await idsAfter(oldestKept, 1e9)).toHaveLength(2);
    });

    describe('while somebody waits', () => {
      const forever = () => new AbortController().signal;

      it('tells at once of what is there already', async () => {
        const { position } = await subject.feed.after('acme', undefined, 1);
        await write('e-1');
        expect(await subject.feed.changed('acme', position, forever())).toBe(true);
      });

      it('tells everybody of the next event, by creation and by replacement', async () => {
        for (const writeNext of [
          () => write('e-1'),
          () => subject.registry.replace(nextVersion(enrollmentRecord('e-1')), { version: 1 }),
        ]) {
          const { position } = await subject.feed.after('acme', undefined, 1);
          const waiting = [1, 2, 3].map(() => subject.feed.changed('acme', position, forever()));
          await writeNext();
          expect(await Promise.all(waiting)).toEqual([true, true, true]);
          expect(await idsAfter(position)).not.toEqual([]);
        }
      });

      it("is silent for another organization's events and for writes that bear none, until the signal", async () => {
        const { position } = await subject.feed.after('acme', undefined, 1);
        const ending = new AbortController();
        const waiting = subject.feed.changed('acme', position, ending.signal);
        await write('f-1', 'other');
        await subject.registry.create(enrollmentRecord('e-1', { events: [] }));
        ending.abort();
        expect(await waiting).toBe(false);
        expect(await subject.feed.changed('acme', position, ending.signal)).toBe(false);
      });
    });
  });
}
