import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dailyChecks } from '#local/daily-checks.ts';
import { type Checked, tellChecked } from '#local/tell-checked.ts';
import { createLogger } from '#runtime/log.ts';
import { makeWorld, organization, type World } from '#test/support/world.ts';

let world: World;
let logged: Record<string, unknown>[] = [];

beforeEach(async () => {
  world = await makeWorld();
  logged = [];
  vi.useFakeTimers();
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

function logger() {
  const stream = { write: (line: string) => logged.push(JSON.parse(line)) };
  return createLogger({ stream, clock: world.dependencies.clock });
}

/** What was set to work in the time given, by consumer. */
async function setToWork(seconds: number, canaries: boolean): Promise<string[]> {
  const nudge = vi.fn();
  const schedules = dailyChecks({ dependencies: world.dependencies, nudge, log: logger(), canaries });
  for (const schedule of schedules) schedule.start();
  await vi.advanceTimersByTimeAsync(seconds * 1_000);
  for (const schedule of schedules) await schedule.stop(1);
  const consumers = ['request-enrollment', 'check-canaries', 'check-backups'];
  const waiting = await Promise.all(consumers.map((each) => world.queues.receive(each, 10, 60)));
  expect(nudge.mock.calls.length).toBeGreaterThanOrEqual(waiting.flat().length > 0 ? 1 : 0);
  return waiting.flat().map(({ consumer, event }) => `${consumer} ${event.source}`);
}

describe('once a day', () => {
  it('canaries are asked for and looked at, and backups checked, but not as soon as the service starts', async () => {
    expect(await setToWork(599, true)).toEqual([]);
    expect(await setToWork(601, true)).toEqual(['request-enrollment /organizations/_canary/service']);
    // The day's canary waits already, and is the same.
    expect(await setToWork(3_601, true)).toEqual([
      'check-canaries /organizations/_canary',
      'check-backups /organizations/_canary',
      `check-backups /organizations/${organization}`,
    ]);
  });

  it('backups alone are checked where no canaries are wanted', async () => {
    expect(await setToWork(3_601, false)).toEqual([`check-backups /organizations/${organization}`]);
  });
});

describe('what a check found', () => {
  const finding = {
    organization,
    enrollmentId: 'enr_1',
    objectName: 'acme/enr_1/att_1.pfx',
    code: 'object-missing',
  } as const;

  it.each([
    [
      { backups: { organization, checked: 3, findings: [finding], isLast: true } },
      [
        {
          level: 'error',
          message: 'check-found',
          organization,
          enrollmentId: 'enr_1',
          code: 'object-missing',
        },
        { level: 'info', message: 'backups-checked', organization, count: 3, failures: 1 },
      ],
    ],
    [{ backups: { organization, checked: 0, findings: [], isLast: true } }, []],
    [
      { canaries: { opened: ['enr_1'], findings: [] } },
      [{ level: 'info', message: 'canaries-checked', count: 1, failures: 0 }],
    ],
  ] as [Checked, object[]][])('is logged, a line each: %#', (checked, lines) => {
    tellChecked(logger(), checked);
    expect(logged).toMatchObject(lines);
    expect(logged).toHaveLength(lines.length);
  });
});
