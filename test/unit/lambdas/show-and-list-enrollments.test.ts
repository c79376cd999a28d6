import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Enrollment } from '#domain/enrollment.ts';
import { type Principal, type Role, roles } from '#domain/principal.ts';
import { type EnrollmentList, listEnrollments } from '#lambdas/list-enrollments/list-enrollments.ts';
import { showEnrollment } from '#lambdas/show-enrollment/show-enrollment.ts';
import { withFault } from '#test/support/faults.ts';
import { expectRefused } from '#test/support/refused.ts';
import { makeWorld, organization, ready, request, subscriber, type World } from '#test/support/world.ts';

let world: World;
const stored: Enrollment[] = [];
const people = ['ada', 'bob', 'eve'];

beforeAll(async () => {
  world = await makeWorld({ heldAllowed: true });
  for (let index = 0; index < 60; index += 1) {
    const id = people[index % 3] ?? 'ada';
    const enrollment = await request(world, {
      idempotencyKey: `list-${index}`,
      subscriber: { id, givenName: 'A', familyName: 'B', email: 'c@acme.example' },
      purpose: index % 4 === 0 ? 'identity' : 'encryption',
      ...(index % 7 === 0 && { lock: 'held' }),
    });
    stored.push(enrollment);
  }
  stored.push(await ready(world, { idempotencyKey: 'ready' }));
  stored.sort((one, other) => (one.id < other.id ? -1 : 1));
});
afterAll(() => world.close());

const as = (role: Role, of = organization): Principal => ({
  organization: of,
  subject: 'ada',
  roles: [role],
});
const seeing: Role[] = ['enrollment-workflow', 'recovery-official', 'auditor', 'administrator'];
const blind = roles.filter((role) => role !== 'subscriber' && !seeing.includes(role));

function show(principal: Principal, { id: enrollmentId }: Pick<Enrollment, 'id'>) {
  return showEnrollment(world.dependencies, principal, { enrollmentId, requestId: 'show-1' });
}

function list(principal: Principal, filter: Omit<EnrollmentList, 'requestId'> = {}) {
  return listEnrollments(world.dependencies, principal, { ...filter, requestId: 'list-1' });
}

async function allPages(
  principal: Principal,
  filter: Omit<EnrollmentList, 'requestId'>,
): Promise<Enrollment[]> {
  const items: Enrollment[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await list(principal, { ...filter, ...(cursor !== undefined && { cursor }) });
    items.push(...page.items);
    cursor = page.cursor;
    if (cursor === undefined) return items;
    expect(cursor).toMatch(/^[\w-]+$/);
  }
}

function ofOwner(subject: string): Enrollment[] {
  return stored.filter((enrollment) => enrollment.subscriber.id === subject);
}

function first(subject: string): Enrollment {
  return ofOwner(subject)[0] ?? expect.unreachable('everybody has some');
}

describe('an enrollment', () => {
  it('is shown to its subscriber and to the roles that see all, without a record', async () => {
    const records = world.dependencies.ledger.entries.length;
    const enrollment = first('ada');
    for (const role of ['subscriber', ...seeing] as const) {
      expect(await show(as(role), enrollment)).toEqual(enrollment);
    }
    expect(world.dependencies.ledger.entries).toHaveLength(records);
  });

  it('of another subscriber, or none at all, is not found, and that is recorded', async () => {
    const record = { action: 'show-enrollment', organization, principal: 'ada', requestId: 'show-1' };
    const other = first('bob');
    await expectRefused(world, 'not-found', () => show(subscriber(), other), {
      ...record,
      enrollmentId: other.id,
    });
    await expectRefused(world, 'not-found', () => show(subscriber(), { id: 'enr_none' }), record);
    await expectRefused(world, 'not-found', () => show(as('administrator'), { id: 'enr_none' }), record);
  });

  it.each(['subscriber', ...seeing] as const)(
    'of another organization is not found by its %s',
    async (role) => {
      await expectRefused(world, 'not-found', () => show(as(role, 'other'), first('ada')), {
        organization: 'other',
      });
    },
  );

  it.each(blind)('is not permitted to a %s, whether it is there or not', async (role) => {
    await expectRefused(world, 'not-permitted', () => show(as(role), first('ada')));
    await expectRefused(world, 'not-permitted', () => show(as(role), { id: 'enr_none' }));
  });

  it('that cannot be read is recorded as failed', async () => {
    const { dependencies } = withFault(world.dependencies, 'before', 'registry.read');
    const { id: enrollmentId } = first('ada');
    const act = () => showEnrollment(dependencies, subscriber(), { enrollmentId, requestId: 'show-1' });
    await expectRefused(world, 'store-unavailable', act, { outcome: 'failed' });
  });
});

describe('the list of enrollments', () => {
  it.each(seeing)('is of all for a %s, page by page, without a record', async (role) => {
    const records = world.dependencies.ledger.entries.length;
    for (const limit of [1, 7, 60, 61, 200]) expect(await allPages(as(role), { limit })).toEqual(stored);
    expect(world.dependencies.ledger.entries).toHaveLength(records);
  });

  it('is of 50 unless more or fewer are asked for', async () => {
    const page = await list(as('auditor'));
    expect(page.items).toEqual(stored.slice(0, 50));
    const rest = await list(as('auditor'), { cursor: page.cursor ?? '' });
    expect(rest).toEqual({ items: stored.slice(50) });
  });

  it("is of a subscriber's own ones, and of nobody else's", async () => {
    expect((await list(subscriber())).items).toEqual(ofOwner('ada'));
    expect((await list(subscriber(), { subscriberId: 'bob' })).items).toEqual([]);
    expect((await list(subscriber('mallory'), { subscriberId: 'bob' })).items).toEqual([]);
    expect(await allPages(subscriber('eve'), { limit: 3, subscriberId: 'eve' })).toEqual(ofOwner('eve'));
  });

  it('selects by subscriber, states and purpose together', async () => {
    const auditor = as('auditor');
    const states = ['accepted', 'ready'] as const;
    const wanted = ({ subscriber: owner, state, purpose }: Enrollment) =>
      owner.id === 'ada' && purpose === 'encryption' && (state === 'accepted' || state === 'ready');
    const filter = { subscriberId: 'ada', states, purpose: 'encryption', limit: 4 } as const;
    const expected = stored.filter(wanted);
    expect(expected.length).toBeGreaterThan(2);
    expect(await allPages(auditor, filter)).toEqual(expected);
    const refused = stored.filter(({ state }) => state === 'refused');
    expect(refused.length).toBeGreaterThan(0);
    expect((await list(auditor, { states: ['refused'] })).items).toEqual(refused);
    const identity = stored.filter(({ purpose }) => purpose === 'identity');
    expect(await allPages(auditor, { purpose: 'identity', limit: 5 })).toEqual(identity);
  });

  it('of another organization shows nothing of this one', async () => {
    expect(await list(as('administrator', 'other'))).toEqual({ items: [] });
    expect(await list({ ...subscriber(), organization: 'other' })).toEqual({ items: [] });
  });

  it.each(blind)('is not permitted to a %s', async (role) => {
    const record = { action: 'list-enrollments', principal: 'ada', requestId: 'list-1' };
    await expectRefused(world, 'not-permitted', () => list(as(role)), record);
  });

  it.each([0, -1, 1.5, 201, Number.NaN, Number.POSITIVE_INFINITY])(
    'of %d at once is refused',
    async (limit) => {
      await expectRefused(world, 'invalid-input', () => list(as('auditor'), { limit }), { about: ['limit'] });
    },
  );

  it.each([
    ['nothing', ''],
    ['an id', 'enr_aaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ['what decodes to no id', Buffer.from('enr_1').toString('base64url')],
    ['a cursor with more behind it', `${Buffer.from(`enr_${'a'.repeat(26)}`).toString('base64url')}=`],
    ['what decodes to bytes that are no text', Buffer.from([0xff, 0xfe]).toString('base64url')],
    ['another list', Buffer.from('00000000000000000001').toString('base64url')],
    ['a path', '../../etc/passwd'],
  ])('does not go on from %s', async (_what, cursor) => {
    const error = await expectRefused(world, 'invalid-input', () => list(as('auditor'), { cursor }), {
      about: ['cursor'],
    });
    if (cursor !== '') expect(`${error.message} ${error.next}`).not.toContain(cursor);
  });
});
