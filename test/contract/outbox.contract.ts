import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outbox } from '#ports/messages.ts';
import type { Registry } from '#ports/registry.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { enrollmentRecord, nextVersion, organizationRecord } from './records.ts';
import { type Making, outcomeOf, type Subject } from './subject.ts';

export interface OutboxParts {
  registry: Registry;
  outbox: Outbox;
}

/** What every Outbox must do together with the registry whose records bear the events. */
export function outboxContract(name: string, make: (clock: ManualClock) => Making<OutboxParts>): void {
  describe(`${name} as Outbox`, () => {
    let clock: ManualClock;
    let subject: Subject<OutboxParts>;
    beforeEach(async () => {
      clock = new ManualClock('2026-03-01T10:00:00.000Z');
      subject = await make(clock);
    });
    afterEach(() => subject.close());

    const first = enrollmentRecord('e-1');
    const idsPending = async (limit = 100) =>
      (await subject.outbox.pending(limit)).map(({ event }) => event.id);

    it('holds the event of a written record as a CloudEvent', async () => {
      await subject.registry.create(first);
      const [pending] = await subject.outbox.pending(10);
      expect(pending?.event).toEqual({
        specversion: '1.0',
        id: 'e-1.1.0',
        source: '/organizations/acme/enrollments/e-1',
        type: 'EnrollmentAccepted',
        time: '2026-03-01T10:00:00.000Z',
        datacontenttype: 'application/json',
        data: { enrollmentId: 'e-1', purpose: 'encryption' },
      });
    });

    it("names an organization's own events by the organization", async () => {
      const events = [{ name: 'SubscriberSignInAwaited', data: { enrollmentId: 'x' } }] as const;
      await subject.registry.create({ ...organizationRecord('acme'), events });
      const [pending] = await subject.outbox.pending(10);
      expect(pending?.event).toMatchObject({ id: 'organization.1.0', source: '/organizations/acme' });
    });

    it('holds the events of a replaced organization', async () => {
      const record = organizationRecord('acme');
      await subject.registry.create(record);
      const events = [{ name: 'SubscriberSignInAwaited', data: { enrollmentId: 'x' } }] as const;
      await subject.registry.replace({ ...record, version: 2, events }, { version: 1 });
      const [pending] = await subject.outbox.pending(10);
      expect(pending?.event).toMatchObject({ id: 'organization.2.0', source: '/organizations/acme' });
    });

    it('holds the events of each write, in the order of the writes', async () => {
      await subject.registry.create(first);
      clock.advance(60_000);
      await subject.registry.replace(nextVersion(first), { version: 1, states: ['accepted'] });
      await subject.registry.create(enrollmentRecord('e-0'));
      const pending = await subject.outbox.pending(10);
      expect(pending.map(({ event }) => [event.id, event.type])).toEqual([
        ['e-1.1.0', 'EnrollmentAccepted'],
        ['e-1.2.0', 'EnrollmentKeyPairCreated'],
        ['e-1.2.1', 'BackupEscrowed'],
        ['e-0.1.0', 'EnrollmentAccepted'],
      ]);
      expect(pending[1]?.event.time).toBe('2026-03-01T10:01:00.000Z');
      const positions = pending.map(({ position }) => position);
      expect(positions).toEqual([...new Set(positions)].sort((one, other) => one - other));
    });

    it('keeps the order of more than ten events of one write', async () => {
      const events = Array.from(
        { length: 12 },
        (_, index) =>
          ({ name: 'BackupEscrowed', data: { enrollmentId: 'e-1', backupId: `b-${index}` } }) as const,
      );
      await subject.registry.create({ ...first, events });
      const pending = await subject.outbox.pending(100);
      expect(pending.map(({ event }) => event.data)).toEqual(events.map(({ data }) => data));
    });

    it('holds nothing of a write that was refused', async () => {
      await subject.registry.create({ ...first, events: [] });
      await outcomeOf(subject.registry.create(first));
      await outcomeOf(subject.registry.replace(nextVersion(first), { version: 5, states: ['accepted'] }));
      await outcomeOf(subject.registry.replace(nextVersion(first), { version: 1, states: ['making'] }));
      expect(await idsPending()).toEqual([]);
    });

    it('gives the oldest first, and the same again until they were published', async () => {
      for (const id of ['e-1', 'e-2', 'e-3']) await subject.registry.create(enrollmentRecord(id));
      const two = await subject.outbox.pending(2);
      expect(two.map(({ event }) => event.id)).toEqual(['e-1.1.0', 'e-2.1.0']);
      expect(await subject.outbox.pending(2)).toEqual(two);
    });

    it('forgets what was published and keeps what came later', async () => {
      await subject.registry.create(first);
      const [pending] = await subject.outbox.pending(1);
      await subject.registry.create(enrollmentRecord('e-2'));
      await subject.outbox.published(pending?.position ?? 0);
      expect(await idsPending()).toEqual(['e-2.1.0']);
      await subject.outbox.published(pending?.position ?? 0);
      expect(await idsPending()).toEqual(['e-2.1.0']);
    });

    it('never gives a position twice, also after all was published and it was opened again', async () => {
      await subject.registry.create(first);
      const [before] = await subject.outbox.pending(1);
      await subject.outbox.published(before?.position ?? 0);
      subject = await subject.reopen();
      expect(await idsPending()).toEqual([]);
      await subject.registry.create(enrollmentRecord('e-2'));
      const [after] = await subject.outbox.pending(1);
      expect(after?.position).toBeGreaterThan(before?.position ?? Number.POSITIVE_INFINITY);
    });

    it('keeps what was not published for as long as that takes', async () => {
      await subject.registry.create(first);
      clock.advance(30 * 24 * 3_600_000);
      await subject.outbox.published(0);
      expect(await idsPending()).toEqual(['e-1.1.0']);
    });

    it('keeps what was not published when it is opened again', async () => {
      await subject.registry.create(first);
      subject = await subject.reopen();
      expect(await idsPending()).toEqual(['e-1.1.0']);
    });
  });
}
