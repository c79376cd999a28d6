import { describe, expect, it } from 'vitest';
import type { MetricName } from '#contract/metrics.ts';
import type { LogFields } from '#runtime/log-fields.ts';
import { type Mended, tellPublished, tellReconciled } from '#wiring/tell-reconciled.ts';
import type { WorkerOpening } from '#wiring/worker-function.ts';

const nothing: Mended = {
  organization: 'acme',
  requestId: 'req-1',
  ...{ abandonedAttempts: [], emittedAgain: [], publishedAgain: [], removedObjects: [] },
  ...{ orphanedObjects: [], missingBackups: [], discarded: [], failed: [], waitingLong: 0, deadLetters: 0 },
};

/** What is logged and counted of a run. */
function told(all: readonly Mended[]) {
  return toldBy((opening) => tellReconciled(opening, all));
}

function toldBy(tell: (opening: Pick<WorkerOpening, 'log' | 'counting'>) => void) {
  const lines: [string, LogFields | undefined][] = [];
  const note = (message: string, fields?: LogFields) => void lines.push([message, fields]);
  const log: WorkerOpening['log'] = {
    info: note,
    warn: note,
    error: note,
    with: () => log,
    during: (_, work) => work(),
  };
  const counts = new Map<MetricName, number>();
  const add = (name: MetricName, value = 1) => void counts.set(name, value);
  tell({ log, counting: { add } });
  return { lines, counts: Object.fromEntries(counts) };
}

describe('a run of the reconciler', () => {
  it('is counted over all organizations, and logged for those that something was done for', () => {
    const { lines, counts } = told([
      nothing,
      { ...nothing, organization: 'bolt', deadLetters: 2, orphanedObjects: ['x'], waitingLong: 1 },
      {
        ...nothing,
        organization: 'coil',
        emittedAgain: ['e'],
        publishedAgain: ['f'],
        failed: ['g'],
        deadLetters: 1,
      },
    ]);
    expect(counts).toStrictEqual({
      ...{ AttemptsAbandoned: 0, EventsSentAgain: 2, ObjectsOrphaned: 1, BackupsMissing: 0 },
      ...{ ReconcileFailures: 1, EnrollmentsWaitingLong: 1, DeadLetters: 3 },
    });
    expect(lines).toMatchObject([
      ['waiting-long', { organization: 'bolt', count: 1 }],
      ['reconciled', { organization: 'coil', emittedAgain: 2, failures: 1 }],
    ]);
  });

  it('tells of backups that are missing, and names none', () => {
    const { lines, counts } = told([{ ...nothing, missingBackups: ['enr_a', 'enr_b'] }]);
    expect(counts).toMatchObject({ BackupsMissing: 2 });
    expect(lines).toStrictEqual([
      ['check-found', { organization: 'acme', requestId: 'req-1', code: 'object-missing', count: 2 }],
    ]);
  });

  it('counts nothing as nothing, so that silence means that it did not run', () => {
    expect(told([]).counts).toMatchObject({ DeadLetters: 0, ReconcileFailures: 0 });
  });
});

it('what was published on order is logged and counted', () => {
  const { lines, counts } = toldBy((opening) => tellPublished(opening, 7));
  expect([lines, counts]).toStrictEqual([[['reconciled', { emittedAgain: 7 }]], { EventsSentAgain: 7 }]);
});
