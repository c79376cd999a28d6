import { expect, it } from 'vitest';
import { followEvents } from '#lambdas/follow-events/follow-events.ts';
import type { EventFeed } from '#ports/event-feed.ts';
import { makeWorld, ready, request, subscriber } from '#test/support/world.ts';

it('passing over many events of no concern leaves time to others, and ends when it is told to', async () => {
  const world = await makeWorld();
  const { registry, feed } = world.dependencies;
  const other = await ready(world, { idempotencyKey: 'other', purpose: 'identity' });
  for (let version = other.version + 1; version < 1_000; version += 1) {
    const events = [{ name: 'EnrollmentUnlocked', data: { enrollmentId: other.id } }] as const;
    await registry.replace({ ...other, version, events }, { version: version - 1 });
  }
  const own = await request(world, { idempotencyKey: 'own' });
  let pages = 0;
  const counting: EventFeed = {
    after: (...asked) => {
      pages += 1;
      return feed.after(...asked);
    },
    changed: (...asked) => feed.changed(...asked),
  };
  const dependencies = { ...world.dependencies, feed: counting };
  const gone = new AbortController();
  const asked = { from: 'beginning', enrollmentId: own.id, requestId: 'f', signal: gone.signal } as const;
  const found = (await followEvents(dependencies, subscriber(), asked)).next();
  const pagesAtFirst = await new Promise<number>((resolve) => setImmediate(() => resolve(pages)));
  expect((await found).value?.event?.id).toBe(`${own.id}.1.0`);
  expect([pagesAtFirst < 5, pages >= 10]).toEqual([true, true]);

  const cut = (await followEvents(dependencies, subscriber(), asked)).next();
  gone.abort();
  expect(await cut).toEqual({ done: true, value: undefined });
  await world.close();
});
