import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Handle } from '#adapters/pkcs11/cryptoki.ts';
import { isLoss } from '#adapters/pkcs11/errors.ts';
import { SessionPool } from '#adapters/pkcs11/session-pool.ts';
import { StateError } from '#domain/errors.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import { fails, handle, ReturnValueError } from './fake-cryptoki.ts';

/** A pool over a token that notes which sessions are open, and how many it may have. */
function poolOf(
  settings: { size?: number; maxWaiting?: number; limit?: number; loggedIn?: () => boolean } = {},
) {
  const open = new Set<Handle>();
  let opened = 0;
  const pool = new SessionPool({
    open: () => {
      if (open.size >= (settings.limit ?? Number.POSITIVE_INFINITY)) return fails('CKR_SESSION_COUNT')();
      opened += 1;
      const session = handle(opened);
      open.add(session);
      return session;
    },
    close: (session) => {
      open.delete(session);
    },
    isLoggedIn: settings.loggedIn ?? (() => true),
    size: settings.size ?? 2,
    maxWaiting: settings.maxWaiting ?? 100,
    waitMilliseconds: 1_000,
  });
  return { pool, open, opened: () => opened };
}

/** Work that holds its session until it is told to end. */
function heldWork(pool: SessionPool) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { result: pool.use(() => promise), resolve, reject };
}

describe('SessionPool', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['CKR_KEY_HANDLE_INVALID', 'key-not-found', 'provider-unavailable'],
    ['CKR_OBJECT_HANDLE_INVALID', 'key-not-found', 'provider-unavailable'],
    ['CKR_DATA_LEN_RANGE', 'provider-incapable', 'provider-incapable'],
  ])('takes %s for a lost login only where nobody is logged in', async (value, there, gone) => {
    const failing = fails(value);
    expect(await outcomeOf(poolOf().pool.use(failing))).toBe(there);
    expect(await outcomeOf(poolOf({ loggedIn: () => false }).pool.use(failing))).toBe(gone);
  });

  it('refuses who waits when it closes as one whose token was lost: nothing of it was begun', async () => {
    const { pool } = poolOf({ size: 1 });
    const working = heldWork(pool);
    const waiting = pool.use(() => 'never begun').catch((caught: unknown) => caught);
    const closing = pool.close();
    expect(isLoss(await waiting)).toBe(true);
    expect(isLoss(await pool.use(() => 'too late').catch((caught: unknown) => caught))).toBe(true);
    working.resolve('done');
    await closing;
  });

  it('says that the login is lost in a way that is taken for it', async () => {
    const { pool } = poolOf({ loggedIn: () => false });
    const error: unknown = await pool.use(fails('CKR_KEY_HANDLE_INVALID')).catch((caught: unknown) => caught);
    expect(isLoss(error)).toBe(true);
    const { pool: removed } = poolOf({ loggedIn: fails('CKR_DEVICE_REMOVED') });
    const other: unknown = await removed
      .use(fails('CKR_KEY_HANDLE_INVALID'))
      .catch((caught: unknown) => caught);
    expect(isLoss(other)).toBe(true);
  });

  it('lends no session to two callers at once, and opens no more than its size', async () => {
    const { pool, opened } = poolOf({ size: 3 });
    const busy = new Set<Handle>();
    await Promise.all(
      Array.from({ length: 64 }, () =>
        pool.use(async (session) => {
          expect(busy.has(session)).toBe(false);
          busy.add(session);
          await new Promise(setImmediate);
          busy.delete(session);
        }),
      ),
    );
    expect(opened()).toBe(3);
  });

  it('uses a free session before it opens another', async () => {
    const { pool, opened } = poolOf();
    for (let index = 0; index < 5; index += 1) await pool.use(() => index);
    expect(opened()).toBe(1);
  });

  it('serves those who wait in the order in which they came', async () => {
    const { pool } = poolOf({ size: 1 });
    const first = heldWork(pool);
    const order: number[] = [];
    const waiting = [1, 2, 3].map((number) => pool.use(() => order.push(number)));
    first.resolve('done');
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
  });

  it('refuses at once when too many wait already', async () => {
    const { pool } = poolOf({ size: 1, maxWaiting: 2 });
    const first = heldWork(pool);
    const waiting = [pool.use(() => 1), pool.use(() => 2)];
    expect(await outcomeOf(pool.use(() => 3))).toBe('provider-busy');
    first.resolve('done');
    expect(await Promise.all(waiting)).toEqual([1, 2]);
  });

  it('refuses who waited too long, and goes on serving the others', async () => {
    vi.useFakeTimers();
    const { pool } = poolOf({ size: 1 });
    const first = heldWork(pool);
    const late = outcomeOf(pool.use(() => 1));
    vi.advanceTimersByTime(600);
    const patient = pool.use(() => 2);
    vi.advanceTimersByTime(600);
    expect(await late).toBe('provider-busy');
    first.resolve('done');
    expect(await patient).toBe(2);
  });

  it('closes a session after an error of the token, and serves the next on a fresh one', async () => {
    const { pool, open, opened } = poolOf({ size: 1 });
    const failing = pool.use(fails('CKR_DEVICE_ERROR'));
    const next = pool.use(() => open.size);
    expect(await outcomeOf(failing)).toBe('provider-unavailable');
    expect(await next).toBe(1);
    expect(opened()).toBe(2);
  });

  it('keeps a session after a refusal of our own', async () => {
    const { pool, opened } = poolOf({ size: 1 });
    const refused = pool.use(() => {
      throw new StateError('already-exists');
    });
    expect(await outcomeOf(refused)).toBe('already-exists');
    await pool.use(() => 1);
    expect(opened()).toBe(1);
  });

  it('makes do with fewer sessions where the token has fewer', async () => {
    const { pool, opened } = poolOf({ size: 8, limit: 2 });
    const results = await Promise.all(Array.from({ length: 20 }, (_, index) => pool.use(async () => index)));
    expect(results).toHaveLength(20);
    expect(opened()).toBe(2);
  });

  it('says so where the token has none at all', async () => {
    const { pool } = poolOf({ limit: 0 });
    await expect(pool.use(() => 1)).rejects.toMatchObject({
      code: 'provider-busy',
      message: 'the token has no session left',
    });
  });

  it('refuses all who wait when its last session is lost and no other opens', async () => {
    const limits = { size: 1, limit: 1 };
    const { pool } = poolOf(limits);
    const first = heldWork(pool);
    const waiting = [outcomeOf(pool.use(() => 1)), outcomeOf(pool.use(() => 2))];
    limits.limit = 0;
    first.reject(new ReturnValueError('CKR_DEVICE_REMOVED'));
    expect(await outcomeOf(first.result)).toBe('provider-unavailable');
    expect(await Promise.all(waiting)).toEqual(['provider-busy', 'provider-busy']);
  });

  it('waits at its end for what is under way, refuses what waits, and closes everything', async () => {
    const { pool, open } = poolOf({ size: 1 });
    const first = heldWork(pool);
    const waiting = outcomeOf(pool.use(() => 1));
    let closed = false;
    const closing = pool.close().then(() => {
      closed = true;
    });
    expect(await waiting).toBe('provider-unavailable');
    expect(closed).toBe(false);
    first.resolve('finished');
    expect(await first.result).toBe('finished');
    await closing;
    expect(open.size).toBe(0);
    expect(await outcomeOf(pool.use(() => 1))).toBe('provider-unavailable');
  });
});
