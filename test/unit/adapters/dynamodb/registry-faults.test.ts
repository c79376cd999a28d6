import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DynamoRegistry } from '#adapters/dynamodb/registry.ts';
import { enrollmentRecord, nextVersion } from '#test/contract/records.ts';
import { outcomeOf } from '#test/contract/subject.ts';
import type { Fault } from '#test/doubles/aws-json/faults.ts';
import { ManualClock } from '#test/doubles/clock.ts';
import { refusal } from '../aws/refusal.ts';
import { openedDynamoDb } from './opened-dynamodb.ts';

const first = enrollmentRecord('e-1');
const second = nextVersion(first);
const ofFirst = { version: 1, states: ['accepted'] } as const;

async function openedRegistry() {
  // Short, since an answer that never comes is waited for in real time; and longer than a busy machine takes for one that does.
  const opened = await openedDynamoDb({ requestMilliseconds: 500 });
  const { calls, tables, another } = opened;
  const clock = new ManualClock();
  const theirs = new DynamoRegistry(another(), tables.aggregates, clock);
  return { ...opened, registry: new DynamoRegistry(calls, tables.aggregates, clock), theirs };
}

const afterTheWrite: Fault['kind'][] = ['lose-answer', 'never-answer'];
const beforeTheWrite: Fault['kind'][] = ['cut', 'never-arrive'];

const withoutReason = (kind: Fault['kind']): Fault => (kind === 'refuse' ? { kind, type: 'x' } : { kind });

describe('a write whose answer is lost', () => {
  it.each(afterTheWrite)('creates once, and knows its own record again (%s)', async (kind) => {
    const { registry, double, requests } = await openedRegistry();
    double.faults.plan('PutItem', withoutReason(kind), 1);
    await registry.create(first);
    expect(requests()).toEqual([`PutItem ${kind}`, 'PutItem', 'GetItem']);
    expect(await registry.read('enrollment', 'acme', 'e-1')).toEqual(first);
  });

  it.each(afterTheWrite)('replaces once, and knows its own version again (%s)', async (kind) => {
    const { registry, double } = await openedRegistry();
    await registry.create(first);
    double.faults.plan('PutItem', withoutReason(kind), 2);
    await registry.replace(second, ofFirst);
    expect(await registry.read('enrollment', 'acme', 'e-1')).toEqual(second);
  });

  it.each(beforeTheWrite)('is made by its repetition where it never arrived (%s)', async (kind) => {
    const { registry, double, requests } = await openedRegistry();
    double.faults.plan('PutItem', withoutReason(kind), 2);
    await registry.create(first);
    expect(requests()).toEqual([`PutItem ${kind}`, `PutItem ${kind}`, 'PutItem']);
  });

  it.each(beforeTheWrite)('is a conflict where another came first (%s)', async (kind) => {
    const { registry, theirs, double, meanwhile } = await openedRegistry();
    const other = { ...first, exports: 7 };
    double.faults.plan('PutItem', withoutReason(kind), 1);
    meanwhile(() => theirs.create(other));
    expect(await outcomeOf(registry.create(first))).toBe('already-exists');
    const stored = nextVersion(other, { exports: 8 });
    double.faults.plan('PutItem', withoutReason(kind), 1);
    meanwhile(() => theirs.replace(stored, ofFirst));
    expect(await outcomeOf(registry.replace(second, ofFirst))).toBe('version-conflict');
    expect(await registry.read('enrollment', 'acme', 'e-1')).toEqual(stored);
  });

  it('is a conflict too where another wrote the very same bytes', async () => {
    const { registry, theirs, double, meanwhile } = await openedRegistry();
    await registry.create(first);
    double.faults.plan('PutItem', { kind: 'cut' }, 1);
    meanwhile(() => theirs.replace(second, ofFirst));
    expect(await outcomeOf(registry.replace(second, ofFirst))).toBe('version-conflict');
  });

  it('is told as unknown where the record has moved on since: nobody can tell whose version stood', async () => {
    const { registry, theirs, double, meanwhile } = await openedRegistry();
    await registry.create(first);
    const third = nextVersion(second);
    double.faults.plan('PutItem', { kind: 'lose-answer' }, 1);
    meanwhile(() => theirs.replace(third, { version: 2, states: ['ready'] }));
    expect(await outcomeOf(registry.replace(second, ofFirst))).toBe('store-unavailable');
    double.faults.plan('PutItem', { kind: 'lose-answer' }, 1);
    expect(await outcomeOf(registry.create(first))).toBe('store-unavailable');
    expect(await registry.read('enrollment', 'acme', 'e-1')).toEqual(third);
    expect(await outcomeOf(registry.replace(second, ofFirst))).toBe('version-conflict');
  });

  it('is told as unknown where no answer comes at all, and may stand', async () => {
    const { registry, double } = await openedRegistry();
    double.faults.plan('PutItem', { kind: 'lose-answer' }, 1);
    double.faults.plan('PutItem', { kind: 'cut' });
    expect(await outcomeOf(registry.create(first))).toBe('store-unavailable');
    double.faults.clear();
    expect(await registry.read('enrollment', 'acme', 'e-1')).toEqual(first);
  });

  it('is told as unknown where it cannot be looked at', async () => {
    const { registry, double } = await openedRegistry();
    double.faults.plan('PutItem', { kind: 'lose-answer' }, 1);
    double.faults.plan('GetItem', { kind: 'cut' });
    expect(await outcomeOf(registry.create(first))).toBe('store-unavailable');
  });
});

describe('what Amazon DynamoDB refuses', () => {
  it.each([
    ['ProvisionedThroughputExceededException', 400],
    ['ThrottlingException', 400],
    ['RequestLimitExceeded', 400],
    ['InternalServerError', 500],
    ['ServiceUnavailable', 503],
  ])('passes unseen while time is left: %s', async (type, status) => {
    const { registry, double, waiting } = await openedRegistry();
    double.faults.plan('*', { kind: 'refuse', type, status }, 3);
    await registry.create(first);
    expect(waiting.slept).toEqual([50, 100, 200]);
    double.faults.plan('*', { kind: 'refuse', type, status }, 1);
    expect(await registry.read('enrollment', 'acme', 'e-1')).toEqual(first);
    double.faults.plan('*', { kind: 'refuse', type, status }, 1);
    expect(
      (await registry.enrollments({ organization: 'acme', states: ['accepted'], limit: 9 })).items,
    ).toEqual([first]);
  });

  it.each(['read', 'create', 'replace', 'enrollments', 'leftovers', 'counts', 'organizations'] as const)(
    'is told as a store that does not answer where it lasts: %s',
    async (name) => {
      const { registry, double } = await openedRegistry();
      double.faults.throttle('*', 1_000);
      const calls = {
        read: () => registry.read('enrollment', 'acme', 'e-1'),
        create: () => registry.create(first),
        replace: () => registry.replace(second, ofFirst),
        enrollments: () => registry.enrollments({ organization: 'acme', purpose: 'identity', limit: 1 }),
        leftovers: () => registry.leftovers('acme', 1),
        counts: () => registry.counts('acme'),
        organizations: () => registry.organizations(),
      };
      expect(await refusal(calls[name]())).toMatchObject({ code: 'store-unavailable', retryable: true });
    },
  );

  it.each([
    ['AccessDeniedException', 'does not allow this service dynamodb:PutItem', 'store-misconfigured'],
    ['ResourceNotFoundException', 'no such table', 'store-misconfigured'],
    ['UnrecognizedClientException', 'credentials', 'store-misconfigured'],
    ['ValidationException', 'refused the request', 'internal'],
  ])(
    'is not asked again where that changes nothing, and says what is wrong: %s',
    async (type, words, code) => {
      const { registry, double, requests } = await openedRegistry();
      const message = 'User: x is not authorized to perform: dynamodb:PutItem on resource: y';
      double.faults.plan('PutItem', { kind: 'refuse', type, message });
      const error = await refusal(registry.create(first));
      expect(error.code).toBe(code);
      expect(error.message).toContain(words);
      expect(requests()).toEqual(['PutItem refuse']);
    },
  );

  it.each(['AccessDeniedException', 'ThrottlingException', 'ValidationException'])(
    'holds nothing of the record, however closely one looks: %s',
    async (type) => {
      const { registry, double } = await openedRegistry();
      const marked = enrollmentRecord('e-1', { requestFingerprint: 'marked-5f1c' });
      double.faults.plan('PutItem', { kind: 'refuse', type });
      const error = await refusal(registry.create(marked));
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('marked-5f1c');
    },
  );

  it('is told of a table that is not there', async () => {
    const { calls } = await openedDynamoDb();
    const nowhere = new DynamoRegistry(calls, 'no-such-table', new ManualClock());
    const error = await refusal(nowhere.read('enrollment', 'acme', 'e-1'));
    expect(error.code).toBe('store-misconfigured');
    expect(error.next).toContain('docs/deploy.md');
  });
});
