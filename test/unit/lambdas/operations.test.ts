import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProviderError } from '#domain/errors.ts';
import { type Principal, type Role, roles } from '#domain/principal.ts';
import { listDeadLetters } from '#lambdas/list-dead-letters/list-dead-letters.ts';
import { listNotices } from '#lambdas/list-notices/list-notices.ts';
import { readStatus } from '#lambdas/read-status/read-status.ts';
import { redriveDeadLetter } from '#lambdas/redrive-dead-letter/redrive-dead-letter.ts';
import type { Notice } from '#ports/notifier.ts';
import { noticeOf } from '#test/contract/notices.contract.ts';
import { acceptedEvent } from '#test/contract/records.ts';
import { expectRefused } from '#test/support/refused.ts';
import { withChanged } from '#test/support/with-changed.ts';
import { makeWorld, organization, ready, request, subscriber, type World } from '#test/support/world.ts';

let world: World;

beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const as = (role: Role, of = organization): Principal => ({
  organization: of,
  subject: 'root',
  roles: [role],
});
const without = (...some: Role[]) => roles.filter((role) => !some.includes(role));

async function expectNoRecord(act: () => Promise<unknown>): Promise<void> {
  const records = world.dependencies.ledger.entries.length;
  await act();
  expect(world.dependencies.ledger.entries).toHaveLength(records);
}

describe('the list of notices', () => {
  const watching: Role[] = ['recovery-official', 'auditor', 'administrator'];
  const list = (principal: Principal, change: Partial<Parameters<typeof listNotices>[2]> = {}) =>
    listNotices(world.dependencies, principal, { ...change, requestId: 'notices-1' });
  const tell = (id: string, change: Partial<Notice> = {}) =>
    world.dependencies.notifier.notify(noticeOf(id, change));

  beforeEach(async () => {
    for (let index = 0; index < 6; index += 1) {
      await tell(`n-${index}`, { subscriberId: index % 2 === 0 ? 'ada' : 'bob' });
    }
    await tell('theirs', { organization: 'other', subscriberId: 'ada' });
  });

  const idsOf = ({ items }: { items: Notice[] }) => items.map(({ id }) => id);

  it("is of a subscriber's own ones, newest first, and of nobody else's", async () => {
    await expectNoRecord(() => list(subscriber()));
    expect(idsOf(await list(subscriber()))).toEqual(['n-4', 'n-2', 'n-0']);
    expect(idsOf(await list(subscriber(), { subscriberId: 'bob' }))).toEqual([]);
    expect(idsOf(await list(subscriber(), { subscriberId: 'ada' }))).toEqual(['n-4', 'n-2', 'n-0']);
    expect(idsOf(await list(subscriber('mallory')))).toEqual([]);
  });

  it.each(watching)('is of all, or of one subscriber, for a %s', async (role) => {
    expect(idsOf(await list(as(role)))).toEqual(['n-5', 'n-4', 'n-3', 'n-2', 'n-1', 'n-0']);
    expect(idsOf(await list(as(role), { subscriberId: 'bob' }))).toEqual(['n-5', 'n-3', 'n-1']);
    expect(idsOf(await list(as(role, 'other')))).toEqual(['theirs']);
  });

  it('goes on page by page', async () => {
    const first = await list(as('auditor'), { limit: 4 });
    const cursor = first.cursor ?? '';
    expect(cursor).toMatch(/^[\w-]+$/);
    const second = await list(as('auditor'), { limit: 4, cursor });
    expect([idsOf(first), idsOf(second), second.cursor]).toEqual([
      ['n-5', 'n-4', 'n-3', 'n-2'],
      ['n-1', 'n-0'],
      undefined,
    ]);
  });

  it.each(without('subscriber', ...watching))('is not permitted to a %s', async (role) => {
    await expectRefused(world, 'not-permitted', () => list(as(role)), { action: 'list-notices' });
  });

  it.each([
    ['limit', { limit: 0 }],
    ['limit', { limit: 201 }],
    ['cursor', { cursor: 'n-3' }],
    ['cursor', { cursor: '3' }],
  ])('of a bad %s is refused: %j', async (field, change) => {
    await expectRefused(world, 'invalid-input', () => list(as('auditor'), change), { about: [field] });
  });
});

describe('dead letters', () => {
  const list = (principal: Principal, change: Partial<Parameters<typeof listDeadLetters>[2]> = {}) =>
    listDeadLetters(world.dependencies, principal, { ...change, requestId: 'list-1' });
  const redrive = (principal: Principal, deadLetterId: string) =>
    redriveDeadLetter(world.dependencies, principal, { deadLetterId, requestId: 'redrive-1' });

  /** Has an event given up, and returns its letter's id. */
  async function bury(
    id: string,
    source = '/organizations/acme/enrollments/e-1',
    data?: unknown,
  ): Promise<string> {
    const event = { ...acceptedEvent(id), source, ...(data !== undefined && { data }) };
    world.queues.put('make-encryption-key-pair', event);
    for (const message of await world.queues.receive('make-encryption-key-pair', 10, 30)) {
      await world.queues.bury(message, 'provider-incapable');
    }
    return (await world.queues.deadLetters()).at(-1)?.id ?? '';
  }

  it.each(['administrator', 'auditor'] as const)(
    'are listed to an %s without what they carried',
    async (role) => {
      const id = await bury('e-1', '/organizations/acme/enrollments/e-1', {
        enrollmentId: 'e-1',
        name: 'MARKED',
      });
      await bury('e-2', '/organizations/other/enrollments/e-2');
      await bury('e-3', '/organizations/acme', null);
      await expectNoRecord(() => list(as(role)));
      const { items } = await list(as(role));
      expect(items).toEqual([
        {
          id,
          consumer: 'make-encryption-key-pair',
          eventType: 'EnrollmentAccepted',
          eventId: 'e-1.1.0',
          enrollmentId: 'e-1',
          code: 'provider-incapable',
          since: '2026-01-05T08:00:00.000Z',
        },
        expect.objectContaining({ eventId: 'e-3.1.0' }),
      ]);
      expect(items[1]).not.toHaveProperty('enrollmentId');
      expect(JSON.stringify(items)).not.toContain('MARKED');
    },
  );

  it('are listed page by page', async () => {
    for (const id of ['e-1', 'e-2', 'e-3']) await bury(id);
    const first = await list(as('auditor'), { limit: 2 });
    const second = await list(as('auditor'), { limit: 2, cursor: first.cursor ?? '' });
    const ids = [first, second].map(({ items }) => items.map(({ eventId }) => eventId));
    expect(ids).toEqual([['e-1.1.0', 'e-2.1.0'], ['e-3.1.0']]);
    expect(second.cursor).toBeUndefined();
    for (const change of [{ limit: 0 }, { limit: 201 }, { cursor: 'x' }]) {
      await expectRefused(world, 'invalid-input', () => list(as('auditor'), change));
    }
  });

  it.each(without('administrator', 'auditor'))('are not listed to a %s', async (role) => {
    await expectRefused(world, 'not-permitted', () => list(as(role)), { action: 'list-dead-letters' });
  });

  it('are put back by an administrator, and that is recorded', async () => {
    const id = await bury('e-1');
    await redrive(as('administrator'), id);
    expect(await world.queues.deadLetters()).toEqual([]);
    expect(await world.queues.receive('make-encryption-key-pair', 10, 30)).toHaveLength(1);
    expect(world.dependencies.ledger.entries.at(-1)).toEqual({
      action: 'redrive-dead-letter',
      organization,
      principal: 'root',
      requestId: 'redrive-1',
      outcome: 'done',
      about: [`dead-letter ${id}`],
    });
    await expectRefused(world, 'not-found', () => redrive(as('administrator'), id));
  });

  it('of another organization are not found, nor are those that are not there', async () => {
    const id = await bury('e-1', '/organizations/other');
    for (const unknown of [id, '', '0', 'x']) {
      await expectRefused(world, 'not-found', () => redrive(as('administrator'), unknown), { organization });
    }
    expect(await world.queues.deadLetters()).toHaveLength(1);
  });

  it.each(without('administrator'))('are not put back by a %s', async (role) => {
    const id = await bury('e-1');
    await expectRefused(world, 'not-permitted', () => redrive(as(role), id), {
      action: 'redrive-dead-letter',
    });
    expect(await world.queues.deadLetters()).toHaveLength(1);
  });
});

describe('the status', () => {
  const watching: Role[] = ['recovery-official', 'auditor', 'administrator'];
  const read = (principal: Principal, dependencies: World['dependencies'] = world.dependencies) =>
    readStatus(dependencies, principal, { requestId: 'status-1' });
  const nothing = { accepted: 0, 'awaiting-subscriber': 0, making: 0, ready: 0, refused: 0, destroyed: 0 };

  it.each(watching)('is told to a %s, without a record', async (role) => {
    await ready(world, { purpose: 'identity' });
    await request(world, { idempotencyKey: 'second' });
    world.queues.put('make-encryption-key-pair', acceptedEvent('e-1'));
    world.dependencies.clock.advance(90_500);
    world.queues.put('make-encryption-key-pair', acceptedEvent('e-2'));
    world.queues.put('make-encryption-key-pair', { ...acceptedEvent('e-3'), source: '/organizations/other' });
    await expectNoRecord(() => read(as(role)));
    expect(await read(as(role))).toEqual({
      build: 'test build',
      custody: 'software',
      providerAnswers: true,
      enrollments: { ...nothing, ready: 1, 'awaiting-subscriber': 1 },
      waitingMessages: 2,
      oldestWaitingSeconds: 90,
      deadLetters: 0,
    });
  });

  it('has the enrollments counted once', async () => {
    const { registry } = world.dependencies;
    const counted: string[] = [];
    const counts = async (each: string) => {
      counted.push(each);
      return await registry.counts(each);
    };
    const queues = withChanged<typeof world.dependencies.queues>(world.dependencies.queues, {
      backlog: async (_organization, known) => ({ waiting: known?.accepted ?? -1 }),
    });
    const changed = { registry: withChanged<typeof registry>(registry, { counts }), queues };
    const status = await read(as('auditor'), { ...world.dependencies, ...changed });
    expect([counted, status.waitingMessages]).toEqual([[organization], 0]);
  });

  it('tells dead letters, and of no waiting where nothing waits', async () => {
    world.queues.put('make-encryption-key-pair', acceptedEvent('e-1'));
    const [message] = await world.queues.receive('make-encryption-key-pair', 1, 30);
    if (message !== undefined) await world.queues.bury(message, 'internal');
    const status = await read(as('auditor'));
    expect(status).toMatchObject({ enrollments: nothing, waitingMessages: 0, deadLetters: 1 });
    expect(status).not.toHaveProperty('oldestWaitingSeconds');
  });

  it.each([
    ['fails', () => Promise.reject(new ProviderError('provider-unavailable'))],
    ['is silent', () => new Promise<never>(() => {})],
  ])('tells that custody does not answer, where it %s', async (_how, mac) => {
    const keys = withChanged(world.dependencies.keys, { mac });
    const status = await read(as('auditor'), { ...world.dependencies, keys });
    expect(status.providerAnswers).toBe(false);
  });

  it.each(without(...watching))('is not told to a %s', async (role) => {
    await expectRefused(world, 'not-permitted', () => read(as(role)), { action: 'read-status' });
  });

  it('of an organization that is not set up is told as such', async () => {
    await expectRefused(world, 'not-set-up', () => read(as('auditor', 'other')), { organization: 'other' });
  });
});
