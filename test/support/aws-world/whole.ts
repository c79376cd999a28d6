import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import { isTaken, subscriptions } from '#contract/subscriptions.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { oldestKept } from '#ports/event-feed.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { present } from '#test/support/demo.ts';
import { openedByRecovery } from '#test/support/opened-enrollment.ts';
import { documentsReferredTo } from '#test/support/traces.ts';
import { consumers } from './cloud.ts';
import type { AwsRun } from './run.ts';
import type { AwsWorld } from './world.ts';

/** Expects that a run has ended whole: nothing stuck, nothing lost, nothing twice, nothing left over. */
export async function expectWhole(world: AwsWorld, run: AwsRun): Promise<void> {
  expectAllDone(run);
  await expectNothingLost(run);
  await expectDeadLetters(run);
  await expectOneNotice(run);
  await expectNoLitter(world, run);
  for (const enrollment of run.watch.enrollments()) await expectOpening(world, run, enrollment);
}

/** Every certificate that was asked for has its key pair, and nobody is at work on it. */
function expectAllDone({ wanted, watch }: AwsRun): void {
  const asked = wanted.filter(({ isPoison }) => !isPoison).map(({ purpose }) => purpose);
  const enrollments = watch.enrollments();
  expect(enrollments.map(({ purpose }) => purpose).sort()).toEqual(asked.sort());
  for (const { id, state, attempt, abandoned, superseded, purpose, backups } of enrollments) {
    const settled = { state: 'ready', attempt: undefined, abandoned: undefined, superseded: undefined };
    expect({ id, state, attempt, abandoned, superseded }).toEqual({ id, ...settled });
    expect(backups.map((backup) => backup.state)).toEqual(purpose === 'encryption' ? ['active'] : []);
  }
}

/** Every event that a write bore is in the feed, once; and those of an enrollment in the order of its writes, however late. */
async function expectNothingLost(run: AwsRun): Promise<void> {
  const { entries } = await run.dependencies.feed.after(run.organization, oldestKept, 1_000);
  const ids = (events: readonly CloudEvent[]) => events.map(({ id }) => id);
  const fed = ids(entries.map(({ event }) => event));
  const borne = ids(run.watch.borne);
  expect(fed.toSorted()).toEqual(borne.toSorted());
  for (const { id } of run.watch.enrollments()) {
    const own = (all: string[]) => all.filter((each) => each.startsWith(`${id}.`));
    expect(own(fed)).toEqual(own(borne));
  }
  // What a consumer takes was before it, and its queue is empty.
  for (const event of run.watch.borne) {
    for (const consumer of consumers.filter((each) => isTaken(subscriptions[each], event))) {
      expect(run.delivered, event.type).toContain(`${consumer} ${event.source} ${event.id}`);
    }
  }
}

/** What can never be done is told; and nothing else was given up for good. */
async function expectDeadLetters(run: AwsRun): Promise<void> {
  const poison = run.wanted.filter(({ isPoison }) => isPoison).map(({ event }) => event.id);
  const letters = await run.deadLetters();
  expect([...new Set(letters.map(({ event }) => event.id))]).toEqual(poison);
  expect(letters.map(({ code }) => code)).not.toContain('internal');
  if (run.broken === undefined) return;
  const ofNobody = await run.dependencies.queues.deadLettersOf('-', 1_000);
  expect(ofNobody.items.map(({ event }) => event.id)).toContain(run.broken);
}

/** The subscriber is told of each key pair, and nothing twice. */
async function expectOneNotice(run: AwsRun): Promise<void> {
  const { items } = await run.dependencies.notices.list({ organization: run.organization, limit: 100 });
  const ids = items.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const created = run.watch.borne.filter(({ type }) => type === 'EnrollmentKeyPairCreated').length;
  expect(ids).toHaveLength(created);
}

/** No document stands that no enrollment names: what an attempt wrote that was given up is gone. */
async function expectNoLitter({ cloud, lanes }: AwsWorld, run: AwsRun): Promise<void> {
  const client = new DynamoDBClient({ endpoint: lanes.first.endpoint });
  const names: string[] = [];
  for (const TableName of [cloud.tables.documents, cloud.tables['locked-keys']]) {
    const { Items: items = [] } = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: '#organization = :organization',
        ProjectionExpression: '#record',
        ExpressionAttributeNames: { '#organization': 'organization', '#record': 'record' },
        ExpressionAttributeValues: { ':organization': { S: run.organization } },
      }),
    );
    names.push(...items.map((item) => (item['record']?.S ?? '').replace('#', ' ')));
  }
  client.destroy();
  // Policies are the organization's own.
  const ofEnrollments = names.filter((name) => !name.startsWith('policy')).sort();
  expect(ofEnrollments).toEqual(documentsReferredTo(run.watch.enrollments()));
}

/** The backup opens by the recovery key, and holds the key of the certificate request, which may leave now. */
async function expectOpening(world: AwsWorld, run: AwsRun, enrollment: Enrollment): Promise<void> {
  expect(await run.csrOf(enrollment)).toBeDefined();
  if (enrollment.escrow !== 'required') return;
  const backup = present(activeBackup(enrollment));
  expect(run.watch.lackOf(backup)).toBeUndefined();
  const { lanes, recoveryKey } = world;
  const dependencies = { ...lanes.first.dependencies };
  const opened = await openedByRecovery(dependencies, enrollment, backup, recoveryKey.privateKey);
  expect(opened.spkiSha256).toBe(enrollment.key?.spkiSha256);
}
