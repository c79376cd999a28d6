import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { retries } from '#contract/subscriptions.ts';
import type { Enrollment, MakingAttempt } from '#domain/enrollment.ts';
import { makeKeyPairOfAccepted } from '#lambdas/make-key-pair/make-key-pair.ts';
import { Dispatcher } from '#local/dispatcher.ts';
import { abandonAttempt, discardAttempt } from '#steps/abandon-attempt.ts';
import { attemptKinds, attemptName } from '#steps/attempt-documents.ts';
import { makeKeyPair } from '#steps/make-key-pair.ts';
import { withFault } from '#test/support/faults.ts';
import { LeapingQueues } from '#test/support/leaping-queues.ts';
import { allListed } from '#test/support/listed.ts';
import { thrownBy } from '#test/support/refused.ts';
import {
  current,
  eventNames,
  eventsBorn,
  makeWorld,
  organization,
  request,
  type World,
} from '#test/support/world.ts';

let world: World;
let number = 0;

beforeAll(async () => {
  world = await makeWorld({ heldAllowed: true });
});
afterAll(() => world.close());

/** An enrollment whose maker died when all but the last write was done. */
async function dead(change: Record<string, unknown> = { lock: 'held' }) {
  number += 1;
  const accepted = await request(world, { idempotencyKey: `dead-${number}`, ...change });
  const counted = withFault(world.dependencies);
  await makeKeyPair(
    counted.dependencies,
    await request(world, { idempotencyKey: `live-${number}`, ...change }),
  );
  const dying = withFault(world.dependencies, 'crash', counted.calls.length);
  await thrownBy(() => makeKeyPair(dying.dependencies, accepted));
  const enrollment = await current(world, accepted);
  if (enrollment.attempt === undefined) throw new TypeError('not dead');
  return { enrollment, attempt: enrollment.attempt };
}

function documentsOf({ id }: Enrollment): string[] {
  return world.dependencies.documents
    .names()
    .filter((name) => name.id.startsWith(id))
    .map(({ kind }) => kind);
}

describe('abandoning an attempt', () => {
  it('returns the enrollment to where it was and discards all that the attempt wrote', async () => {
    const { enrollment, attempt } = await dead();
    expect(new Set(documentsOf(enrollment))).toEqual(new Set(attemptKinds));
    await abandonAttempt(world.dependencies, enrollment, attempt);
    const after = await current(world, enrollment);
    expect(after).toMatchObject({ state: 'accepted', backups: [] });
    expect(after.attempt).toBeUndefined();
    expect(documentsOf(enrollment)).toEqual([]);
  });

  it('leaves its vault object, which is locked, for the reconciler', async () => {
    const { enrollment, attempt } = await dead();
    await abandonAttempt(world.dependencies, enrollment, attempt);
    const objects = await allListed(world.dependencies.vault, `${organization}/${enrollment.id}/`);
    expect(objects.map(({ name }) => name)).toEqual([`${organization}/${enrollment.id}/${attempt.id}.pfx`]);
  });

  it('destroys a resident key', async () => {
    const { enrollment, attempt } = await dead({ purpose: 'identity', assurance: 'medium-hardware' });
    const name = attemptName(enrollment, attempt);
    const sign = () => world.dependencies.keys.residentKeys?.sign(name, 'ECDSA_SHA256', new Uint8Array(1));
    expect(await sign()).toBeInstanceOf(Uint8Array);
    await abandonAttempt(world.dependencies, enrollment, attempt);
    expect((await thrownBy(async () => sign())).code).toBe('key-not-found');
  });

  it('does not look for a resident key where the key is exportable', async () => {
    const { enrollment, attempt } = await dead();
    const { dependencies, calls } = withFault(world.dependencies);
    await abandonAttempt(dependencies, enrollment, attempt);
    expect(calls.filter((name) => name.startsWith('keys.'))).toEqual([]);
  });

  it('says that it was abandoned, and sets nothing to work: who asked will ask again', async () => {
    const { enrollment, attempt } = await dead();
    await abandonAttempt(world.dependencies, enrollment, attempt);
    const { events } = await current(world, enrollment);
    const data = { enrollmentId: enrollment.id, attemptId: attempt.id };
    expect(events).toEqual([{ name: 'KeyPairAttemptAbandoned', data }]);
    expect(await eventNames(world, enrollment)).toEqual(['EnrollmentAccepted', 'KeyPairAttemptAbandoned']);
  });

  it('may be done once: afterwards it is another attempt, or none', async () => {
    const { enrollment, attempt } = await dead();
    await abandonAttempt(world.dependencies, enrollment, attempt);
    const again = () => abandonAttempt(world.dependencies, enrollment, attempt);
    expect((await thrownBy(again)).code).toBe('wrong-state');
    await discardAttempt(world.dependencies, enrollment, attempt);
  });

  it('never touches what a later attempt made', async () => {
    const { enrollment, attempt } = await dead();
    await abandonAttempt(world.dependencies, enrollment, attempt);
    const made = await makeKeyPair(world.dependencies, await current(world, enrollment));
    expect((await thrownBy(() => abandonAttempt(world.dependencies, made, attempt))).code).toBe(
      'wrong-state',
    );
    expect(await current(world, made)).toEqual(made);
    expect(new Set(documentsOf(made))).toEqual(new Set(attemptKinds));
  });

  it('writes the record first: where that fails, nothing is discarded', async () => {
    const { enrollment, attempt } = await dead();
    const { dependencies } = withFault(world.dependencies, 'before', 'registry.replace');
    expect((await thrownBy(() => abandonAttempt(dependencies, enrollment, attempt))).code).toBe(
      'store-unavailable',
    );
    expect(await current(world, enrollment)).toEqual(enrollment);
    expect(documentsOf(enrollment).length).toBe(attemptKinds.length);
  });
});

describe('a key that can never be made', () => {
  it('is tried as often as its policy says: its failures do not set it to work again', async () => {
    const apart = await makeWorld({ heldAllowed: true });
    const keys = withFault(apart.dependencies).dependencies.keys;
    let tries = 0;
    const broken = {
      ...apart.dependencies,
      keys: {
        ...keys,
        exportableKeys: {
          specs: keys.exportableKeys?.specs ?? [],
          unwrap: () => Promise.reject(new TypeError('unused')),
          generate: () => {
            tries += 1;
            return Promise.reject(new TypeError('the token is broken'));
          },
        },
      },
    };
    const enrollment = await request(apart, { lock: 'held' });
    const queues = new LeapingQueues(apart.queues, apart.dependencies.clock);
    const dispatcher = new Dispatcher({
      outbox: apart.outbox,
      bus: apart.dependencies.events,
      queues,
      clock: apart.dependencies.clock,
      handlers: {
        'request-enrollment': async () => undefined,
        'make-identity-key-pair': async () => undefined,
        'make-encryption-key-pair': (event) => makeKeyPairOfAccepted(broken, event),
        'notify-subscriber': async () => undefined,
        'discard-superseded': async () => undefined,
        'fan-out-webhooks': async () => undefined,
        'deliver-webhook': async () => undefined,
        'check-backups': async () => undefined,
        'check-canaries': async () => undefined,
        'apply-policy': async () => undefined,
      },
    });
    await dispatcher.drain();
    expect(tries).toBe(retries['make-encryption-key-pair'].pauses.length + 1);
    expect(await current(apart, enrollment)).toMatchObject({ state: 'accepted', backups: [] });
    expect((await queues.deadLetters()).map(({ consumer, code }) => [consumer, code])).toEqual([
      ['make-encryption-key-pair', 'internal'],
    ]);
    expect(await eventsBorn(apart)).toEqual([]);
    await apart.close();
  });
});

describe('the names of an attempt', () => {
  it('are its own alone, and tell enrollment and attempt', () => {
    const enrollment = { organization: 'acme', id: 'enr_1' };
    const attempt: Pick<MakingAttempt, 'id'> = { id: 'att_1' };
    expect(attemptName(enrollment, attempt)).toBe('enr_1.att_1');
    expect(attemptName({ id: 'enr_2' }, attempt)).not.toBe(attemptName(enrollment, attempt));
  });
});
