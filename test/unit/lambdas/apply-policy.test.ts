import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventSource } from '#contract/events.ts';
import type { Enrollment } from '#domain/enrollment.ts';
import type { Principal } from '#domain/principal.ts';
import { applyPolicy } from '#lambdas/apply-policy/apply-policy.ts';
import { comparePolicy } from '#lambdas/compare-policy/compare-policy.ts';
import { listEnrollments } from '#lambdas/list-enrollments/list-enrollments.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { loadOrganization } from '#steps/load.ts';
import { takeRequest } from '#steps/take-request.ts';
import { decideBy, type PolicyChange, policyWith } from '#test/support/policies.ts';
import {
  administrator,
  current,
  eventNames,
  makeWorld,
  organization,
  ready,
  request,
  requestData,
  type World,
} from '#test/support/world.ts';

let world: World;
const noEscrow = { escrow: { identity: false, encryption: false } };

async function open(change: PolicyChange): Promise<void> {
  world = await makeWorld(change);
}
beforeEach(() => open(noEscrow));
afterEach(() => world.close());

async function published(version?: string): Promise<CloudEvent> {
  const { policy } = await loadOrganization(world.dependencies, organization);
  return {
    specversion: '1.0',
    id: 'organization.7.0',
    source: eventSource(organization),
    type: 'PolicyPublished',
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data: { version: version ?? policy.version, document: '0'.repeat(64) },
  };
}

/** Publishes another policy, and applies it. */
async function change(to: PolicyChange): Promise<void> {
  await decideBy(world.dependencies, organization, policyWith(to));
  await applyPolicy(world.dependencies, await published());
}

const entriesOf = ({ id }: Enrollment) =>
  world.dependencies.ledger.entries.filter(
    ({ action, enrollmentId }) => action === 'apply-policy' && enrollmentId === id,
  );

describe('an enrollment whose key is not made', () => {
  it('is planned anew: by version and rules, escrow included', async () => {
    const enrollment = await request(world);
    expect(enrollment).toMatchObject({ state: 'awaiting-subscriber', escrow: 'forbidden' });
    await change({});
    const planned = await current(world, enrollment);
    expect(planned).toMatchObject({ state: 'awaiting-subscriber', escrow: 'required', lock: 'password' });
    expect(planned.policy.version).not.toBe(enrollment.policy.version);
    expect(planned.policy.rules).toContain('encryption-escrowed');
    expect(entriesOf(enrollment)).toMatchObject([{ outcome: 'done', policy: planned.policy }]);
    // Nobody is told to sign in a second time.
    expect(await eventNames(world, enrollment)).toEqual(['SubscriberSignInAwaited']);
  });

  it('is refused where policy forbids it now, with a signed refusal, an event and a record', async () => {
    const enrollment = await request(world, { purpose: 'encryption' });
    await change({ exportable: nothingLeaves });
    const refused = await current(world, enrollment);
    expect(refused).toMatchObject({ state: 'refused', refusal: { code: 'escrow-impossible' } });
    expect(await eventNames(world, enrollment)).toEqual(['SubscriberSignInAwaited', 'EnrollmentRefused']);
    const { receiptId = '' } = refused.refusal ?? {};
    expect(entriesOf(enrollment)).toMatchObject([
      { outcome: 'refused', code: 'escrow-impossible', receiptId },
    ]);
    const receipt = await world.dependencies.documents.get({ kind: 'receipt', organization, id: receiptId });
    expect(receipt.length).toBeGreaterThan(100);
  });

  it('is made at once where its key is to stay in custody now', async () => {
    const enrollment = await request(world, { purpose: 'identity' });
    await change({ exportable: nothingLeaves, ...noEscrow });
    expect(await current(world, enrollment)).toMatchObject({
      state: 'accepted',
      exportable: false,
      lock: 'resident',
      refusal: { code: 'export-refused' },
    });
    expect(await eventNames(world, enrollment)).toEqual(['SubscriberSignInAwaited', 'EnrollmentAccepted']);
  });

  it('is written once, however often the event comes', async () => {
    const enrollment = await request(world);
    await change({});
    const once = await current(world, enrollment);
    await applyPolicy(world.dependencies, await published());
    expect(await current(world, enrollment)).toEqual(once);
    expect(entriesOf(enrollment)).toHaveLength(1);
  });

  it('is left to the event of a later version, where one was published meanwhile', async () => {
    const enrollment = await request(world);
    await decideBy(world.dependencies, organization, policyWith({}));
    await applyPolicy(world.dependencies, await published('1'));
    expect(await current(world, enrollment)).toEqual(enrollment);
  });

  it('waits while its key is being made', async () => {
    const enrollment = await request(world);
    const attempt = {
      id: 'att_1',
      startedAt: '2026-01-05T08:00:00.000Z',
      from: 'awaiting-subscriber',
    } as const;
    const making = { ...enrollment, version: 2, state: 'making', attempt, events: [] } as const;
    await world.dependencies.registry.replace(making, { version: 1 });
    await expect(change({})).rejects.toMatchObject({ code: 'making-in-progress', retryable: true });
    expect(await current(world, enrollment)).toEqual(making);
  });
});

describe('an enrollment that was asked for by somebody whom policy names', () => {
  const named = {
    group: 'principal in Escrow::Group::"hr"',
    person: 'principal == Escrow::Person::"hr-system"',
  } as const;
  const asker: Principal = {
    ...{ organization, subject: 'hr-system', roles: ['enrollment-workflow'] },
    groups: ['hr', 'staff'],
  };

  /** The general rules, and that nobody else may enroll. */
  function onlyBy(who: keyof typeof named, contact: string) {
    const { cedar, tests } = policyWith(noEscrow);
    const rule = `@id("only-hr") @reason("Only personnel enrolls.") @contact("${contact}")
forbid (principal, action == Escrow::Action::"Enroll", resource) unless { ${named[who]} };\n`;
    return { cedar: `${cedar}${rule}`, tests };
  }

  async function taken(who: keyof typeof named): Promise<Enrollment> {
    await decideBy(world.dependencies, organization, onlyBy(who, 'a@acme.example'));
    const incoming = { data: requestData({}), requestId: 'req' };
    return await takeRequest(world.dependencies, asker, incoming, () =>
      loadOrganization(world.dependencies, organization),
    );
  }

  it.each(['group', 'person'] as const)('is planned anew in their name: by %s', async (who) => {
    const enrollment = await taken(who);
    expect(enrollment).toMatchObject({ state: 'awaiting-subscriber' });
    await decideBy(world.dependencies, organization, onlyBy(who, 'b@acme.example'));
    await applyPolicy(world.dependencies, await published());
    const planned = await current(world, enrollment);
    expect(planned).toMatchObject({ state: 'awaiting-subscriber', requestedBy: enrollment.requestedBy });
    expect(planned.policy.version).not.toBe(enrollment.policy.version);
  });

  it('is refused where they may not ask any more, and the comparison says so before', async () => {
    const enrollment = await taken('group');
    const other = onlyBy('group', 'c@acme.example').cedar.replace('"hr"', '"board"');
    const compare = { cedar: other, requestId: 'req' };
    const { changed } = await comparePolicy(world.dependencies, administrator, compare);
    expect(changed.map(({ enrollment: { id }, differences }) => [id, differences])).toEqual([
      [enrollment.id, [{ change: 'refused', reason: 'Only personnel enrolls.', rules: ['only-hr'] }]],
    ]);
    await decideBy(world.dependencies, organization, { cedar: other, tests: [] });
    await applyPolicy(world.dependencies, await published());
    expect(await current(world, enrollment)).toMatchObject({ state: 'refused' });
  });

  it('from before that was kept is refused where nobody may be taken for them, and the comparison says so', async () => {
    const { requestedBy: _, ...before } = await taken('group');
    await world.dependencies.registry.replace({ ...before, version: 2, events: [] }, { version: 1 });
    const { cedar } = onlyBy('group', 'd@acme.example');
    const { changed } = await comparePolicy(world.dependencies, administrator, { cedar, requestId: 'req' });
    expect(changed).toMatchObject([{ differences: [{ change: 'refused' }] }]);
  });

  it('is no more told by its record once its key is made', async () => {
    const enrollment = await ready(world);
    expect(await current(world, enrollment)).not.toHaveProperty('requestedBy.subject');
  });
});

const nothingLeaves = {
  identity: { medium: false, 'medium-token': false, 'medium-hardware': false },
  encryption: { medium: false, 'medium-token': false, 'medium-hardware': false },
};

describe('a key that is made', () => {
  const due = async () => {
    const list = { requestId: 'req', escrowDue: true };
    return (await listEnrollments(world.dependencies, administrator, list)).items.map(({ id }) => id);
  };

  it('is marked and listed where it has no escrow and needs it now, and no more once it does not', async () => {
    const enrollment = await ready(world);
    const identity = await ready(world, { purpose: 'identity', idempotencyKey: 'second' });
    await change({});
    const marked = await current(world, enrollment);
    const { policy } = await loadOrganization(world.dependencies, organization);
    expect(marked).toMatchObject({
      state: 'ready',
      escrow: 'forbidden',
      escrowDue: { policy: { version: policy.version, rules: ['encryption-escrowed'] } },
    });
    expect(await due()).toEqual([enrollment.id]);
    expect(await current(world, identity)).toEqual(identity);
    expect(entriesOf(enrollment)).toMatchObject([{ outcome: 'done', about: ['escrow-due'] }]);

    await applyPolicy(world.dependencies, await published());
    expect(await current(world, enrollment)).toEqual(marked);

    await change(noEscrow);
    expect(await current(world, enrollment)).not.toHaveProperty('escrowDue.since');
    expect(await due()).toEqual([]);
  });

  it('stays due where the policy fails on it: that says nothing', async () => {
    const enrollment = await ready(world);
    await change({});
    const marked = await current(world, enrollment);
    const { cedar, tests } = policyWith({});
    const failing = `@id("sum") @reason("Too large.")
forbid (principal, action == Escrow::Action::"Escrow", resource) when { resource.keyBits * 9223372036854775807 > 0 };\n`;
    await decideBy(world.dependencies, organization, { cedar: `${cedar}${failing}`, tests });
    await applyPolicy(world.dependencies, await published());
    expect(await current(world, enrollment)).toEqual(marked);
    const { cedar: present } = policyWith({});
    await decideBy(world.dependencies, organization, { cedar: present, tests });
    const compare = { cedar: `${cedar}${failing}`, requestId: 'req' };
    const { changed } = await comparePolicy(world.dependencies, administrator, compare);
    expect(changed).toEqual([]);
  });

  it('is as it was made: whether it may leave is not decided again', async () => {
    const enrollment = await ready(world);
    await change({ exportable: nothingLeaves, ...noEscrow });
    expect(await current(world, enrollment)).toEqual(enrollment);
  });

  it('is not marked where it has its escrow', async () => {
    await world.close();
    await open({});
    const enrollment = await ready(world);
    await change({ profiles: ['modern', 'pbmac1'] });
    expect(await current(world, enrollment)).toEqual(enrollment);
  });
});

describe('many enrollments', () => {
  it('are worked through page by page, each page asked for once', async () => {
    for (let index = 0; index < 101; index++) await request(world, { idempotencyKey: `many-${index}` });
    await change({});
    await applyPolicy(world.dependencies, await published());
    const messages = await world.queues.receive('apply-policy', 10, 60);
    expect(messages.map(({ event: { type } }) => type)).toEqual(['PolicyApplicationDue']);
    for (const { event } of messages) await applyPolicy(world.dependencies, event);
    const { items } = await world.dependencies.registry.enrollments({ organization, limit: 1_000 });
    expect(new Set(items.map(({ escrow }) => escrow))).toEqual(new Set(['required']));
  });
});
