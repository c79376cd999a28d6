import { describe, expect, it } from 'vitest';
import type { MetricName } from '#contract/metrics.ts';
import { countWritten } from '#wiring/count-written.ts';

/** What a written enrollment counts for. */
function countOf(aggregate: object, change: object = {}): [MetricName, number][] {
  const counts: [MetricName, number][] = [];
  const image = {
    json: { S: JSON.stringify(aggregate) },
    writtenAt: { S: '2026-01-05T08:00:42.500Z' },
    ...change,
  };
  countWritten(
    { dynamodb: { SequenceNumber: '1', NewImage: image } },
    {
      add: (name, value = 1) => void counts.push([name, value]),
    },
  );
  return counts;
}

const requestedAt = '2026-01-05T08:00:00.000Z';

describe('what a written record counts for', () => {
  it('is a key pair, its proved backup, and the time since its request', () => {
    const events = [{ name: 'EnrollmentKeyPairCreated' }, { name: 'BackupEscrowed' }];
    expect(countOf({ events, requestedAt, lock: 'recipient' })).toStrictEqual([
      ['Enrolled', 1],
      ['Escrowed', 1],
      ['SecondsFromRequestToProvedEscrow', 42.5],
    ]);
  });

  it('is no time where a subscriber was waited for, or clocks disagree', () => {
    const events = [{ name: 'BackupEscrowed' }];
    expect(countOf({ events, requestedAt, lock: 'password' })).toStrictEqual([['Escrowed', 1]]);
    const later = '2026-01-05T09:00:00.000Z';
    expect(countOf({ events, requestedAt: later, lock: 'held' })).toStrictEqual([['Escrowed', 1]]);
  });

  it.for(['EnrollmentRefused', 'ExportRefused'])('is a refusal: %s', (name) => {
    expect(countOf({ events: [{ name, data: {} }], requestedAt })).toStrictEqual([['Refused', 1]]);
  });

  it('is nothing for other events, and for none', () => {
    expect(countOf({ events: [{ name: 'EnrollmentAccepted' }], requestedAt })).toStrictEqual([]);
    expect(countOf({ events: [] })).toStrictEqual([]);
  });

  it.for([{ json: { S: '{' } }, { json: { N: '1' } }, { writtenAt: { S: 'today' } }])(
    'is nothing for a record that is none: %j',
    (change) => {
      expect(countOf({ events: [{ name: 'BackupEscrowed' }], requestedAt }, change)).toStrictEqual([]);
    },
  );

  it('is nothing for a record that was removed', () => {
    countWritten(
      { eventName: 'REMOVE', dynamodb: { SequenceNumber: '1' } },
      {
        add: () => {
          throw new Error('it was counted');
        },
      },
    );
  });
});
