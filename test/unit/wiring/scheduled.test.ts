import { describe, expect, it } from 'vitest';
import type { MetricName } from '#contract/metrics.ts';
import { StoreError } from '#domain/errors.ts';
import type { TimeLimit } from '#runtime/lambda/invocation.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { eachOrganization } from '#wiring/each-organization.ts';
import { sweepDaily } from '#wiring/sweep-daily.ts';
import type { WorkerOpening } from '#wiring/worker-function.ts';

/** What a scheduled function is opened with, as far as these use it, and what it counted and logged. */
function told(start?: string) {
  const counts: [MetricName, number][] = [];
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const log: WorkerOpening['log'] = {
    info: note,
    warn: note,
    error: note,
    with: () => log,
    during: (_, work) => work(),
  };
  const clock = new ManualClock(start);
  return {
    clock,
    log,
    counting: { add: (name: MetricName, value = 1) => void counts.push([name, value]) },
    counts,
    lines,
  };
}

const time = (left: () => number): TimeLimit => ({
  left,
  signal: new AbortController().signal,
  release() {},
});
const registry = { organizations: async () => ['a', 'b', 'c'] };

describe('work for every organization', () => {
  it('is done for each, begins with another one each time, and does not end where one fails', async () => {
    const opening = told('2026-01-05T00:00:00.000Z');
    const done: string[] = [];
    const work = async ({ organization }: { organization: string }) => {
      done.push(organization);
      if (organization === 'b') throw new StoreError('store-unavailable');
    };
    for (let turn = 0; turn < 3; turn += 1) {
      await eachOrganization(
        opening,
        registry,
        time(() => 1),
        work,
      );
      opening.clock.advance(300_000);
    }
    const turns = [done.slice(0, 3), done.slice(3, 6), done.slice(6)].map((turn) => turn.join(''));
    expect(turns.toSorted()).toStrictEqual(['abc', 'bca', 'cab']);
    expect(opening.lines).toStrictEqual(['schedule-failed', 'schedule-failed', 'schedule-failed']);
    expect(opening.counts).toStrictEqual(Array(3).fill(['ReconcileFailures', 1]));
  });

  it('is begun for no more once the time is up', async () => {
    const done: string[] = [];
    let left = 2;
    const limit = time(() => left);
    await eachOrganization(told(), registry, limit, async ({ organization }) => {
      done.push(organization);
      left -= 1;
    });
    expect(done).toHaveLength(2);
  });

  it('is none where there are no organizations', async () => {
    const none = { organizations: async () => [] };
    await eachOrganization(
      told(),
      none,
      time(() => 1),
      () => Promise.reject(new Error('it was done')),
    );
  });
});

describe('the sweep of keys without a name', () => {
  it.for([
    ['2026-01-05T00:00:00.000Z', 1],
    ['2026-01-05T00:04:59.999Z', 1],
    ['2026-01-05T00:05:00.000Z', 0],
    ['2026-01-05T12:00:00.000Z', 0],
  ] as const)('at %s is done %i times, of keys that are an hour old', async ([now, expected]) => {
    const swept: Date[] = [];
    await sweepDaily(told(now), { sweep: async (before) => swept.push(before) });
    expect(swept).toStrictEqual(Array(expected).fill(new Date(Date.parse(now) - 3_600_000)));
  });

  it('is told of where it destroys keys, and where it fails', async () => {
    const opening = told('2026-01-05T00:00:00.000Z');
    await sweepDaily(opening, { sweep: async () => 2 });
    await sweepDaily(opening, { sweep: async () => 0 });
    await sweepDaily(opening, { sweep: () => Promise.reject(new StoreError('store-unavailable')) });
    await sweepDaily(opening, {});
    expect(opening.lines).toStrictEqual(['swept', 'schedule-failed']);
    expect(opening.counts).toStrictEqual([['ReconcileFailures', 1]]);
  });
});
