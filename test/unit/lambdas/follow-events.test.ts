import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError, StoreError } from '#domain/errors.ts';
import type { Principal } from '#domain/principal.ts';
import { type Following, followEvents } from '#lambdas/follow-events/follow-events.ts';
import { type EventFeed, oldestKept } from '#ports/event-feed.ts';
import { enrollmentRecord, nextVersion } from '#test/contract/records.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { makeWorld, organization, subscriber, type World } from '#test/support/world.ts';

const workflow: Principal = { organization, subject: 'workflow', roles: ['enrollment-workflow'] };
let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

const owned = (id: string, subscriberId = 'ada') =>
  enrollmentRecord(id, {
    subscriber: { id: subscriberId, givenName: 'A', familyName: 'B', email: 'a@acme.example' },
  });

function follow(change: Partial<Following> = {}, principal = workflow, signal?: AbortSignal) {
  const ending = signal ?? new AbortController().signal;
  const following = {
    from: 'now',
    signal: ending,
    idleMilliseconds: 60_000,
    requestId: 'f',
    ...change,
  } as const;
  return followEvents(world.dependencies, principal, following);
}

/** The next steps, as ids of events or `idle`. */
async function next(stream: Awaited<ReturnType<typeof follow>>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const { value } = await stream.next();
    found.push(value?.event?.id ?? (value === undefined ? 'end' : 'idle'));
  }
  return found;
}

describe('whoever follows events', () => {
  it('is told of each as it is written, in order, from now on', async () => {
    await world.dependencies.registry.create(owned('before'));
    const stream = await follow();
    await world.dependencies.registry.create(owned('a-1'));
    expect(await next(stream, 2)).toEqual(['idle', 'a-1.1.0']);
    const waiting = next(stream, 2);
    await world.dependencies.registry.replace(nextVersion(owned('a-1')), { version: 1 });
    expect(await waiting).toEqual(['a-1.2.0', 'a-1.2.1']);
  });

  it('goes on where it was cut off, or begins with all that is kept', async () => {
    const all = await follow({ from: 'beginning' });
    const first = (await all.next()).value;
    expect(first?.event?.id).toBe('before.1.0');
    const lastEventId = first?.position ?? '';
    expect(await next(await follow({ lastEventId, from: 'beginning' }), 1)).toEqual(['a-1.1.0']);
  });

  it('is told more than a page', async () => {
    for (let count = 0; count < 120; count += 1) {
      await world.dependencies.registry.create(owned(`many-${count}`));
    }
    const stream = await follow({ from: 'beginning' });
    const ids = await next(stream, 124);
    expect(new Set(ids).size).toBe(124);
    expect(ids.at(-1)).toBe('many-119.1.0');
  });

  it('is told its position at once, so that nothing is left out if it is cut off before the first event', async () => {
    const { value } = await (await follow()).next();
    await world.dependencies.registry.create(owned('after-cut'));
    expect(await next(await follow({ lastEventId: value?.position ?? '' }), 1)).toEqual(['after-cut.1.0']);
  });

  it('is told its position while nothing happens, and can go on from there', async () => {
    const stream = await follow({ idleMilliseconds: 1 });
    const { value } = await stream.next();
    expect(value?.event).toBeUndefined();
    await world.dependencies.registry.create(owned('after-idle'));
    expect(await next(await follow({ lastEventId: value?.position ?? '' }), 1)).toEqual(['after-idle.1.0']);
  });

  it('is told nothing more once the signal came, while waiting or between events', async () => {
    const ending = new AbortController();
    const waiting = await follow({}, workflow, ending.signal);
    const last = next(waiting, 2);
    const reading = await follow({ from: 'beginning' }, workflow, ending.signal);
    expect(await next(reading, 1)).toEqual(['before.1.0']);
    ending.abort();
    expect([await last, await next(reading, 1)]).toEqual([['idle', 'end'], ['end']]);
  });

  it('is told of one enrollment only where that was asked for', async () => {
    await world.dependencies.registry.create(owned('one'));
    const stream = await follow({ enrollmentId: 'one', from: 'beginning', idleMilliseconds: 1 });
    // Where reading takes longer than a millisecond, it is told where it is before the first event too.
    const steps = await next(stream, 1);
    while (steps.at(-1) === 'idle') steps.push(...(await next(stream, 1)));
    steps.push(...(await next(stream, 1)));
    expect(steps.slice(-2)).toEqual(['one.1.0', 'idle']);
  });

  it('hears from time to time where it is, though events of others never end', async () => {
    const { feed } = world.dependencies;
    let pages = 0;
    const busy: EventFeed = {
      changed: feed.changed.bind(feed),
      async after(of) {
        const { entries } = await feed.after(of, oldestKept, 1);
        pages += 1;
        await new Promise((resolve) => setTimeout(resolve, 1));
        return { entries, position: `page-${pages}` };
      },
    };
    const following = { from: 'now', enrollmentId: 'one', idleMilliseconds: 5, requestId: 'f' } as const;
    const { signal } = new AbortController();
    const stream = await followEvents({ ...world.dependencies, feed: busy }, workflow, {
      ...following,
      signal,
    });
    expect((await stream.next()).value).toEqual({ position: expect.stringMatching(/^page-\d+$/) });
  });
});

describe('a subscriber', () => {
  it('follows an own enrollment, and no other', async () => {
    await world.dependencies.registry.create(owned('own-1'));
    await world.dependencies.registry.create(owned('other-1', 'bob'));
    const stream = await follow({ enrollmentId: 'own-1', from: 'beginning' }, subscriber());
    expect(await next(stream, 1)).toEqual(['own-1.1.0']);
    for (const enrollmentId of ['other-1', 'none']) {
      expect(await outcomeOf(follow({ enrollmentId }, subscriber()))).toBe('not-found');
    }
    await expect(follow({}, subscriber())).rejects.toMatchObject({
      code: 'invalid-input',
      details: { field: 'enrollmentId' },
    });
  });
});

describe('what is refused', () => {
  it('is refused before the first step, and recorded: the role, the organization, the position', async () => {
    const { entries } = world.dependencies.ledger;
    const before = entries.length;
    const requestor: Principal = { organization, subject: 'r', roles: ['requestor'] };
    expect(await outcomeOf(follow({}, requestor))).toBe('not-permitted');
    expect(await outcomeOf(follow({ enrollmentId: 'own-1' }, { ...workflow, organization: 'other' }))).toBe(
      'not-found',
    );
    await expect(follow({ lastEventId: 'nonsense' })).rejects.toBeInstanceOf(InputError);
    expect(entries.slice(before).map(({ action, code, about }) => [action, code, about])).toEqual([
      ['follow-events', 'not-permitted', undefined],
      ['follow-events', 'not-found', undefined],
      ['follow-events', 'invalid-input', ['lastEventId']],
    ]);
  });

  it('is nothing of another organization: its events are not there', async () => {
    await world.dependencies.registry.create(enrollmentRecord('theirs', { organization: 'other' }));
    const ours = await follow({ from: 'beginning', idleMilliseconds: 1 });
    // Written after theirs: all before it was read, however often the stream was idle on the way.
    await world.dependencies.registry.create(owned('ours-later'));
    const ids: string[] = [];
    while (ids.at(-1) !== 'ours-later.1.0') ids.push(...(await next(ours, 1)));
    expect(ids).not.toContain('theirs.1.0');
  });

  it('in the middle of a stream ends it with the error', async () => {
    const { feed } = world.dependencies;
    const failing: EventFeed = {
      after: (of, position, limit) => feed.after(of, position, limit),
      changed: async () => {
        throw new StoreError('store-unavailable');
      },
    };
    const dependencies = { ...world.dependencies, feed: failing };
    const signal = new AbortController().signal;
    const stream = await followEvents(dependencies, workflow, { from: 'now', signal, requestId: 'f' });
    expect(await next(stream, 1)).toEqual(['idle']);
    expect(await outcomeOf(stream.next())).toBe('store-unavailable');
  });
});
