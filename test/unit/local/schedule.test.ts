import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { StoreError } from '#domain/errors.ts';
import { Schedule } from '#local/schedule.ts';
import { eventually } from '#test/support/eventually.ts';

const running: Schedule[] = [];
afterEach(async () => {
  for (const schedule of running.splice(0)) await schedule.stop(10_000);
});

/** A schedule that has started, with work that notes its runs. */
function scheduled(
  everySeconds: number,
  work: (run: number) => Promise<void> = async () => {},
  firstAfterSeconds = 0,
) {
  const failures: unknown[] = [];
  let runs = 0;
  let atOnce = 0;
  let most = 0;
  const schedule = new Schedule({
    everySeconds,
    firstAfterSeconds,
    onFailure: (error) => failures.push(error),
    work: async () => {
      runs += 1;
      atOnce += 1;
      most = Math.max(most, atOnce);
      try {
        await work(runs);
      } finally {
        atOnce -= 1;
      }
    },
  });
  running.push(schedule);
  schedule.start();
  return { schedule, failures, runs: () => runs, most: () => most };
}

describe('a schedule', () => {
  it('does its work at once', async () => {
    const { runs } = scheduled(3_600);
    await eventually(() => expect(runs()).toBe(1));
  });

  it('does it after a while, where that is wanted, and not if it is stopped before', async () => {
    const soon = scheduled(3_600, undefined, 0.005);
    const late = scheduled(3_600, undefined, 3_600);
    await eventually(() => expect(soon.runs()).toBe(1));
    expect(await late.schedule.stop(60_000)).toBe(true);
    expect(late.runs()).toBe(0);
  });

  it('does it again after a pause, never twice at a time', async () => {
    const { runs, most } = scheduled(0.001, () => pause(3));
    await eventually(() => expect(runs()).toBeGreaterThan(5));
    expect(most()).toBe(1);
  });

  it('goes on after a failure, which it tells of', async () => {
    const { runs, failures } = scheduled(0.001, async (run) => {
      if (run < 3) throw new StoreError('store-unavailable');
    });
    await eventually(() => expect(runs()).toBeGreaterThan(4));
    expect(failures).toMatchObject([{ code: 'store-unavailable' }, { code: 'store-unavailable' }]);
  });

  it('ends at once while it pauses', async () => {
    const { schedule, runs } = scheduled(3_600);
    await eventually(() => expect(runs()).toBe(1));
    expect(await schedule.stop(60_000)).toBe(true);
    await pause(5);
    expect(runs()).toBe(1);
  });

  it('ends after the run that is under way', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let ended = false;
    const { schedule, runs } = scheduled(0.001, async () => {
      await promise;
      ended = true;
    });
    const stopping = schedule.stop(60_000);
    await pause(5);
    expect(ended).toBe(false);
    resolve();
    expect(await stopping).toBe(true);
    expect(ended).toBe(true);
    expect(runs()).toBe(1);
  });

  it('waits for a run that does not end no longer than it was told to', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { schedule } = scheduled(0.001, () => promise);
    expect(await schedule.stop(10)).toBe(false);
    resolve();
  });
});
