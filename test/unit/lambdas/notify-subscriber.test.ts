import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventSource } from '#contract/events.ts';
import { subscriptions } from '#contract/subscriptions.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { destroyEnrollment } from '#lambdas/destroy-enrollment/destroy-enrollment.ts';
import { notifySubscriber } from '#lambdas/notify-subscriber/notify-subscriber.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Notice } from '#ports/notifier.ts';
import { present } from '#test/support/demo.ts';
import { keysWithEscrowDue } from '#test/support/escrow-due.ts';
import { expectRefused } from '#test/support/refused.ts';
import {
  makeWorld,
  organization,
  password,
  ready,
  request,
  subscriber,
  type World,
} from '#test/support/world.ts';

let world: World;

beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

function eventOf(type: string, { id }: Pick<Enrollment, 'id'>, change: Partial<CloudEvent> = {}): CloudEvent {
  return {
    specversion: '1.0',
    id: `${id}.${type}`,
    source: `${eventSource(organization)}/enrollments/${id}`,
    type,
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data: { enrollmentId: id, code: 'enrollment-refused' },
    ...change,
  };
}

async function escrowDue(): Promise<Enrollment> {
  return present((await keysWithEscrowDue(world, [{}]))[0]);
}

async function tell(type: string, enrollment: Enrollment): Promise<Notice[]> {
  await notifySubscriber(world.dependencies, eventOf(type, enrollment));
  return world.dependencies.notifier.notices;
}

const hardware = { purpose: 'identity', assurance: 'medium-hardware' };

describe('a subscriber', () => {
  it('is asked to sign in and set a password', async () => {
    const enrollment = await request(world);
    const [notice] = await tell('SubscriberSignInAwaited', enrollment);
    expect(notice).toMatchObject({
      id: `${enrollment.id}.SubscriberSignInAwaited`,
      organization,
      subscriberId: 'ada',
      email: 'ada@acme.example',
      subject: 'Set the password of your new key',
    });
    expect(notice?.text).toContain(enrollment.id);
  });

  it('is not asked any more once it was done: a late notice says what is true now', async () => {
    expect(await tell('SubscriberSignInAwaited', await ready(world))).toEqual([]);
  });

  it('is told that an encryption key is ready and was escrowed, and whom to ask', async () => {
    const [notice] = await tell('EnrollmentKeyPairCreated', await ready(world));
    expect(notice?.text).toContain('Take your own copy now.');
    expect(notice?.text).toContain('It was escrowed');
    expect(notice?.text).toContain('helpdesk@acme.example');
  });

  it('is told that an identity key is ready, and of no escrow', async () => {
    const [notice] = await tell('EnrollmentKeyPairCreated', await ready(world, { purpose: 'identity' }));
    expect(notice?.text).toContain('Take your own copy now.');
    expect(notice?.text).not.toContain('escrow');
  });

  it('is told of a resident key that no backup can be made', async () => {
    const [notice] = await tell('EnrollmentKeyPairCreated', await ready(world, hardware));
    expect(notice?.text).toContain('No backup can be made');
    expect(notice?.text).not.toContain('Take your own copy');
  });

  it('is told of a refusal, why, and whom to ask', async () => {
    const refused = await request(world, { lock: 'held' });
    const [notice] = await tell('EnrollmentRefused', refused);
    expect(notice?.text).toContain(refused.refusal?.reason);
    expect(notice?.text).toContain('Ask helpdesk@acme.example.');
  });

  it.each([
    ['EnrollmentLocked', 'locked until you sign in again'],
    ['EnrollmentBlocked', 'Ask helpdesk@acme.example to unblock it'],
    ['EnrollmentUnlocked', 'If you did not ask for it, tell helpdesk@acme.example'],
    ['EnrollmentPasswordChanged', 'If that was not you, tell helpdesk@acme.example at once'],
    ['EnrollmentDestroyed', 'nobody can bring it back from here'],
  ])('is told of %s', async (type, text) => {
    const [notice] = await tell(type, await ready(world, { purpose: 'identity' }));
    expect(notice?.text).toContain(text);
  });

  it('is told of a destroyed key what of it stays: the escrowed backup, until its retention ends', async () => {
    const enrollment = await ready(world);
    const [notice] = await tell('EnrollmentDestroyed', enrollment);
    const [day] = (activeBackup(enrollment)?.retainUntil ?? 'no backup').split('T');
    expect(notice?.text).toContain(`Its escrowed backup is locked until ${day}`);
    const identity = await ready(world, { idempotencyKey: 'identity', purpose: 'identity' });
    const notices = await tell('EnrollmentDestroyed', identity);
    expect(notices[1]?.text).not.toContain('escrowed');
  });

  it('is told that escrow is due, and whether it is done: of what is true when it is told', async () => {
    const enrollment = await escrowDue();
    const [due] = await tell('EscrowBecameDue', enrollment);
    expect(due?.text).toContain('its backup is made when you next take a copy or change its password');
    expect(await tell('DueEscrowMade', enrollment)).toEqual([due]);
    const unlocking = { password: password() };
    await world.dependencies.dueEscrow.make({ enrollment, unlocking, requestId: 'due' });
    const [, made] = await tell('DueEscrowMade', enrollment);
    expect(made?.text).toContain('can recover it through two recovery agents');
    const late = eventOf('EscrowBecameDue', enrollment, { id: 'late' });
    await notifySubscriber(world.dependencies, late);
    expect(world.dependencies.notifier.notices).toEqual([due, made]);
  });

  it('is not told that a key is ready which was destroyed meanwhile', async () => {
    const { id } = await request(world);
    const authTime = world.dependencies.clock.now().getTime() / 1_000;
    const destruction = { enrollmentId: id, confirm: id, requestId: 'destroy' };
    const destroyed = await destroyEnrollment(world.dependencies, subscriber('ada', authTime), destruction);
    expect(await tell('EnrollmentKeyPairCreated', destroyed)).toEqual([]);
    expect(await tell('SubscriberSignInAwaited', destroyed)).toEqual([]);
  });

  it.each(subscriptions['notify-subscriber'].types)(
    'is told of %s once, however often the event comes',
    async (type) => {
      const enrollment =
        type === 'SubscriberSignInAwaited'
          ? await request(world)
          : type === 'EscrowBecameDue'
            ? await escrowDue()
            : await ready(world);
      await tell(type, enrollment);
      const notices = await tell(type, enrollment);
      expect(notices.length).toBe(1);
      expect(notices[0]?.subject.length).toBeGreaterThan(5);
    },
  );

  it.each(subscriptions['notify-subscriber'].types)('is told of %s without anything secret', async (type) => {
    const enrollment = await ready(world);
    await tell(type, enrollment);
    const text = JSON.stringify(world.dependencies.notifier.notices);
    for (const secret of ['correct horse', 'wrapped', 'eyJ', enrollment.key?.spkiSha256 ?? 'no key']) {
      expect(text).not.toContain(secret);
    }
  });

  it('is told, and that is recorded without the address', async () => {
    const enrollment = await request(world);
    await tell('SubscriberSignInAwaited', enrollment);
    const record = world.dependencies.ledger.entries.at(-1);
    expect(record).toEqual({
      action: 'notify-subscriber',
      organization,
      principal: 'service',
      enrollmentId: enrollment.id,
      requestId: `${enrollment.id}.SubscriberSignInAwaited`,
      outcome: 'done',
    });
  });
});

describe('an event that cannot be told', () => {
  it.each([
    ['invalid-input', { type: 'BackupEscrowed' }],
    ['invalid-input', { type: 'toString' }],
    ['invalid-input', { data: {} }],
    ['not-found', { data: { enrollmentId: 'enr_none' } }],
    ['not-found', { source: eventSource('other') }],
  ] as const)('is refused with %s and recorded: %j', async (code, change) => {
    const enrollment = await request(world);
    const event = eventOf('EnrollmentLocked', enrollment, change);
    await expectRefused(world, code, () => notifySubscriber(world.dependencies, event), {
      action: 'notify-subscriber',
    });
    expect(world.dependencies.notifier.notices).toEqual([]);
  });
});
