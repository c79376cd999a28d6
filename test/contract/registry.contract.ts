import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Enrollment, EnrollmentState } from '#domain/enrollment.ts';
import type { EnrollmentQuery, Registry } from '#ports/registry.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { enrollmentRecord, nextVersion, organizationRecord } from './records.ts';
import { type Making, outcomeOf, type Subject } from './subject.ts';

export interface RegistryParts {
  registry: Registry;
}

const anyState: readonly EnrollmentState[] = [
  'accepted',
  'awaiting-subscriber',
  'making',
  'ready',
  'refused',
  'destroyed',
];

/** What every Registry must do. @param make a registry of its own for each test */
export function registryContract(name: string, make: (clock: ManualClock) => Making<RegistryParts>): void {
  describe(`${name} as Registry`, () => {
    let subject: Subject<RegistryParts>;
    beforeEach(async () => {
      subject = await make(new ManualClock());
    });
    afterEach(() => subject.close());

    describe('create and read', () => {
      it('gives back what was written, also after it was opened again', async () => {
        const enrollment = enrollmentRecord('e-1');
        const organization = organizationRecord('acme');
        await subject.registry.create(enrollment);
        await subject.registry.create(organization);
        subject = await subject.reopen();
        expect(await subject.registry.read('enrollment', 'acme', 'e-1')).toEqual(enrollment);
        expect(await subject.registry.read('organization', 'acme', 'organization')).toEqual(organization);
      });

      it('knows a record only under its own type, organization and id', async () => {
        await subject.registry.create(enrollmentRecord('e-1'));
        expect(await subject.registry.read('enrollment', 'acme', 'e-2')).toBeUndefined();
        expect(await subject.registry.read('enrollment', 'other', 'e-1')).toBeUndefined();
        expect(await subject.registry.read('organization', 'acme', 'e-1')).toBeUndefined();
      });

      it('refuses a second record of the same name and leaves the first', async () => {
        const first = enrollmentRecord('e-1');
        await subject.registry.create(first);
        const second = enrollmentRecord('e-1', { state: 'refused' });
        expect(await outcomeOf(subject.registry.create(second))).toBe('already-exists');
        expect(await subject.registry.read('enrollment', 'acme', 'e-1')).toEqual(first);
      });

      it('takes the same id in another organization', async () => {
        const theirs = enrollmentRecord('e-1', { organization: 'other' });
        await subject.registry.create(enrollmentRecord('e-1'));
        await subject.registry.create(theirs);
        expect(await subject.registry.read('enrollment', 'other', 'e-1')).toEqual(theirs);
      });

      it('lets one of many creators win', async () => {
        const creators = Array.from({ length: 8 }, (_, index) =>
          outcomeOf(subject.registry.create(enrollmentRecord('e-1', { exports: index }))),
        );
        const outcomes = await Promise.all(creators);
        expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
        expect(outcomes.filter((outcome) => outcome === 'already-exists')).toHaveLength(7);
      });

      it('gives copies: what a caller changes is not stored', async () => {
        const record = enrollmentRecord('e-1');
        await subject.registry.create(record);
        record.subscriber.email = 'changed@acme.example';
        const read = await subject.registry.read('enrollment', 'acme', 'e-1');
        if (read !== undefined) read.tries.inLife = 99;
        const again = await subject.registry.read('enrollment', 'acme', 'e-1');
        expect(again).toEqual(enrollmentRecord('e-1'));
      });
    });

    describe('replace', () => {
      const first = enrollmentRecord('e-1');
      const second = nextVersion(first);
      beforeEach(() => subject.registry.create(first));

      it('stores the next version where the condition holds', async () => {
        await subject.registry.replace(second, { version: 1, states: ['making', 'accepted'] });
        subject = await subject.reopen();
        expect(await subject.registry.read('enrollment', 'acme', 'e-1')).toEqual(second);
      });

      it.each([
        ['the version is another', second, { version: 2, states: anyState }],
        ['the state is another', second, { version: 1, states: ['making', 'ready'] as const }],
        ['no state is allowed', second, { version: 1, states: [] }],
        ['there is no such record', { ...second, id: 'e-2' }, { version: 1, states: anyState }],
        [
          'it is another organization',
          { ...second, organization: 'other' },
          { version: 1, states: anyState },
        ],
      ])('changes nothing if %s', async (_, record, condition) => {
        expect(await outcomeOf(subject.registry.replace(record, condition))).toBe('version-conflict');
        expect(await subject.registry.read('enrollment', 'acme', 'e-1')).toEqual(first);
        expect(await subject.registry.read('enrollment', record.organization, 'e-2')).toBeUndefined();
      });

      it('replaces an organization by its version alone, and lets one of many writers win', async () => {
        const record = organizationRecord('acme');
        await subject.registry.create(record);
        const next = (name: string) => ({ ...record, version: 2, name });
        const names = ['One', 'Two', 'Three', 'Four'];
        const outcomes = await Promise.all(
          names.map((name) => outcomeOf(subject.registry.replace(next(name), { version: 1 }))),
        );
        expect(outcomes.filter((outcome) => outcome === 'version-conflict')).toHaveLength(3);
        subject = await subject.reopen();
        const stored = await subject.registry.read('organization', 'acme', 'organization');
        expect(stored).toEqual(next(names[outcomes.indexOf('done')] ?? ''));
        expect(await subject.registry.read('enrollment', 'acme', 'e-1')).toEqual(first);
      });

      it('replaces no organization under a condition of states, and none that is not there', async () => {
        const record = organizationRecord('acme');
        await subject.registry.create(record);
        const next = { ...record, version: 2 };
        for (const [each, condition] of [
          [next, { version: 1, states: anyState }],
          [next, { version: 2 }],
          [{ ...next, organization: 'other' }, { version: 1 }],
        ] as const) {
          expect(await outcomeOf(subject.registry.replace(each, condition))).toBe('version-conflict');
        }
        expect(await subject.registry.read('organization', 'acme', 'organization')).toEqual(record);
        expect(await subject.registry.read('organization', 'other', 'organization')).toBeUndefined();
      });

      it('lets one of many writers win, and stores what the winner wrote', async () => {
        const writers = Array.from({ length: 8 }, (_, exports) =>
          outcomeOf(
            subject.registry.replace(nextVersion(first, { exports }), { version: 1, states: ['accepted'] }),
          ),
        );
        const outcomes = await Promise.all(writers);
        expect(outcomes.filter((outcome) => outcome === 'version-conflict')).toHaveLength(7);
        const stored = await subject.registry.read('enrollment', 'acme', 'e-1');
        expect(stored?.exports).toBe(outcomes.indexOf('done'));
        expect(stored?.version).toBe(2);
      });
    });

    describe('enrollments', () => {
      const states = ['accepted', 'ready', 'making'] as const;
      const stored = Array.from({ length: 25 }, (_, index) =>
        enrollmentRecord(`e-${String(index).padStart(2, '0')}`, {
          state: states[index % 3] ?? 'accepted',
          purpose: index % 5 === 0 ? 'identity' : 'encryption',
          subscriber: { id: `s-${index % 4}`, givenName: 'A', familyName: 'B', email: 'c@acme.example' },
        }),
      );
      // In no order, and beside another organization's.
      beforeEach(async () => {
        for (const record of stored.toReversed()) await subject.registry.create(record);
        await subject.registry.create(enrollmentRecord('e-05x', { organization: 'other' }));
        await subject.registry.create(organizationRecord('acme'));
        await subject.settled?.();
      });

      async function allPages(query: EnrollmentQuery): Promise<Enrollment[]> {
        const items: Enrollment[] = [];
        let cursor: string | undefined;
        do {
          const page = await subject.registry.enrollments(
            cursor === undefined ? query : { ...query, cursor },
          );
          expect(page.items.length).toBeLessThanOrEqual(query.limit);
          items.push(...page.items);
          cursor = page.cursor;
        } while (cursor !== undefined);
        return items;
      }

      it.each([{}, { states: ['accepted', 'ready'] }, { purpose: 'encryption' }] as const)(
        'begin after any id, of one that is there or not: %j',
        async (filter) => {
          const all = await allPages({ organization: 'acme', limit: 100, ...filter });
          for (const cursor of ['e', 'e-07', 'e-07x', 'e-1', 'f']) {
            const { items } = await subject.registry.enrollments({
              organization: 'acme',
              limit: 100,
              cursor,
              ...filter,
            });
            expect(items).toEqual(all.filter(({ id }) => id > cursor));
          }
        },
      );

      it('lists in the order of ids, page by page, whatever the page size', async () => {
        for (const limit of [1, 2, 24, 25, 26, 1_000]) {
          expect(await allPages({ organization: 'acme', limit })).toEqual(stored);
        }
      });

      it('selects by subscriber, by states and by purpose as a filter of all would', async () => {
        const filter = fc.record(
          {
            subscriberId: fc.constantFrom('s-0', 's-3', 's-9'),
            states: fc.subarray([...anyState]),
            purpose: fc.constantFrom('identity', 'encryption'),
            limit: fc.integer({ min: 1, max: 12 }),
          },
          { requiredKeys: ['limit'] },
        );
        await fc.assert(
          fc.asyncProperty(filter, async (query) => {
            const expected = stored.filter(
              ({ subscriber, state, purpose }) =>
                (query.subscriberId === undefined || subscriber.id === query.subscriberId) &&
                (query.states === undefined || query.states.includes(state)) &&
                (query.purpose === undefined || query.purpose === purpose),
            );
            expect(await allPages({ organization: 'acme', ...query })).toEqual(expected);
          }),
          { numRuns: 120 },
        );
      });

      it('counts by state, as they stand now, and of the organization alone', async () => {
        const none = { accepted: 0, 'awaiting-subscriber': 0, making: 0, ready: 0, refused: 0, destroyed: 0 };
        expect(await subject.registry.counts('acme')).toEqual({ ...none, accepted: 9, ready: 8, making: 8 });
        await subject.registry.replace(nextVersion(enrollmentRecord('e-00')), {
          version: 1,
          states: anyState,
        });
        subject = await subject.reopen();
        await subject.settled?.();
        expect(await subject.registry.counts('acme')).toEqual({ ...none, accepted: 8, ready: 9, making: 8 });
        expect(await subject.registry.counts('other')).toEqual({ ...none, accepted: 1 });
        expect(await subject.registry.counts('nobody')).toEqual(none);
      });

      it('finds those that name something to be discarded, page by page, and of the organization alone', async () => {
        const left = [
          enrollmentRecord('l-1', { pendingLock: 'l-1.lock' }),
          enrollmentRecord('l-2', { superseded: [{ kind: 'resident-key', id: 'l-2.key' }] }),
          enrollmentRecord('l-3', {
            state: 'destroyed',
            superseded: [{ kind: 'locked-key', id: 'l-3.lock' }],
          }),
          enrollmentRecord('l-3e', { escrowing: { id: 'att_1', startedAt: '2026-01-05T08:00:00.000Z' } }),
        ];
        for (const record of left.toReversed()) await subject.registry.create(record);
        await subject.registry.create(
          enrollmentRecord('l-4', { organization: 'other', pendingLock: 'l-4.lock' }),
        );
        await subject.settled?.();
        const first = await subject.registry.leftovers('acme', 2);
        expect(first).toEqual({ items: left.slice(0, 2), cursor: 'l-2' });
        expect(await subject.registry.leftovers('acme', 2, first.cursor)).toEqual({ items: left.slice(2) });
        const cleared = nextVersion(enrollmentRecord('l-2'));
        await subject.registry.replace(cleared, { version: 1, states: anyState });
        subject = await subject.reopen();
        await subject.settled?.();
        expect((await subject.registry.leftovers('acme', 10)).items.map(({ id }) => id)).toEqual([
          'l-1',
          'l-3',
          'l-3e',
        ]);
      });

      it('names a state twice without listing twice', async () => {
        const items = await allPages({ organization: 'acme', states: ['ready', 'ready'], limit: 5 });
        expect(items).toEqual(stored.filter(({ state }) => state === 'ready'));
      });

      it('does not lose its place when records come and change between pages', async () => {
        const page = await subject.registry.enrollments({ organization: 'acme', limit: 10 });
        await subject.registry.create(enrollmentRecord('e-00a'));
        const changed = nextVersion(enrollmentRecord('e-12'));
        await subject.registry.replace(changed, { version: 1, states: anyState });
        const cursor = page.cursor ?? '';
        const rest = await subject.registry.enrollments({ organization: 'acme', limit: 100, cursor });
        expect(rest.items.map(({ id }) => id)).toEqual(stored.slice(10).map(({ id }) => id));
        expect(rest.items.find(({ id }) => id === 'e-12')?.version).toBe(2);
      });

      it('shows an organization nothing of another', async () => {
        const page = await subject.registry.enrollments({ organization: 'other', limit: 100 });
        expect(page.items.map(({ id }) => id)).toEqual(['e-05x']);
        expect(await allPages({ organization: 'nobody', limit: 100 })).toEqual([]);
      });
    });

    describe('organizations', () => {
      it('names those that were set up, in the order of their ids, and no other', async () => {
        expect(await subject.registry.organizations()).toEqual([]);
        for (const name of ['b', 'acme-2', 'acme', 'Z', 'aéro']) {
          await subject.registry.create(organizationRecord(name));
        }
        await subject.registry.create(enrollmentRecord('e-1'));
        await subject.registry.create(enrollmentRecord('e-2', { organization: 'never-set-up' }));
        subject = await subject.reopen();
        await subject.settled?.();
        expect(await subject.registry.organizations()).toEqual(['Z', 'acme', 'acme-2', 'aéro', 'b']);
      });
    });
  });
}
