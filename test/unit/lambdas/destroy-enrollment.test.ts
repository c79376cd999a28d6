import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import { keySpecs } from '#domain/key-spec.ts';
import { type Principal, type Role, roles } from '#domain/principal.ts';
import { changePassword } from '#lambdas/change-password/change-password.ts';
import { destroyEnrollment } from '#lambdas/destroy-enrollment/destroy-enrollment.ts';
import { discardSupersededOf } from '#lambdas/discard-superseded/discard-superseded.ts';
import { exportCopy } from '#lambdas/export-copy/export-copy.ts';
import { listBackups } from '#lambdas/list-backups/list-backups.ts';
import { makeKeyPairOfAccepted } from '#lambdas/make-key-pair/make-key-pair.ts';
import { readCsr } from '#lambdas/read-csr/read-csr.ts';
import { readReceipt } from '#lambdas/read-receipt/read-receipt.ts';
import { setPassword } from '#lambdas/set-password/set-password.ts';
import { showEnrollment } from '#lambdas/show-enrollment/show-enrollment.ts';
import { present } from '#test/support/demo.ts';
import { type Fault, withFault } from '#test/support/faults.ts';
import { openedByRecovery } from '#test/support/opened-enrollment.ts';
import { expectRefused, thrownBy } from '#test/support/refused.ts';
import {
  current,
  eventNames,
  eventsBorn,
  makeWorld,
  organization,
  password,
  ready,
  request,
  requested,
  subscriber,
  type World,
} from '#test/support/world.ts';

let world: World;
let number = 0;
const hardware = { purpose: 'identity', assurance: 'medium-hardware' };

beforeAll(async () => {
  world = await makeWorld({ heldAllowed: true });
});
afterAll(() => world.close());

const seconds = () => world.dependencies.clock.now().getTime() / 1_000;
const fresh = (role: Role, subject = 'ada', of = organization): Principal => ({
  organization: of,
  subject,
  roles: [role],
  authTime: seconds(),
});

const nextKey = () => {
  number += 1;
  return { idempotencyKey: `destroy-${number}` };
};
const readyKey = (change: Record<string, unknown> = {}) =>
  ready(world, { ...nextKey(), purpose: 'identity', ...change });

function destroy(
  { id: enrollmentId }: Pick<Enrollment, 'id'>,
  { as = fresh('subscriber'), confirm = enrollmentId, dependencies = world.dependencies } = {},
): Promise<Enrollment> {
  return destroyEnrollment(dependencies, as, { enrollmentId, confirm, requestId: 'destroy-1' });
}

function documentsOf({ id }: Pick<Enrollment, 'id'>) {
  const names = world.dependencies.documents.names().filter((name) => name.id.startsWith(id));
  return names.map(({ kind }) => kind).sort();
}

async function deliverTo(enrollment: Enrollment): Promise<void> {
  for (const event of await eventsBorn(world)) {
    if (!event.source.endsWith(enrollment.id) || event.type !== 'EnrollmentDestroyed') continue;
    await discardSupersededOf(world.dependencies, event);
  }
}

describe('destroying a key', () => {
  it.each(['subscriber', 'administrator'] as const)(
    'as its %s discards its locked record, for ever',
    async (role) => {
      const enrollment = await readyKey();
      const as = fresh(role, role === 'subscriber' ? 'ada' : 'root');
      const destroyed = await destroy(enrollment, { as });
      expect(destroyed).toEqual(await current(world, enrollment));
      expect(destroyed.state).toBe('destroyed');
      expect(documentsOf(enrollment)).toEqual(['csr', 'placeholder']);
      expect(destroyed.key).toEqual({
        csrId: enrollment.key?.csrId,
        csrSha256: enrollment.key?.csrSha256,
        placeholderId: enrollment.key?.placeholderId,
        spkiSha256: enrollment.key?.spkiSha256,
      });
      expect(destroyed.superseded).toBeUndefined();
      expect(world.dependencies.ledger.entries.at(-1)).toEqual({
        action: 'destroy-enrollment',
        organization,
        principal: as.subject,
        enrollmentId: enrollment.id,
        requestId: 'destroy-1',
        outcome: 'done',
      });
    },
  );

  it('of an encryption enrollment leaves its escrowed backup, which recovery still opens', async () => {
    const enrollment = await ready(world, nextKey());
    const destroyed = await destroy(enrollment);
    expect(destroyed.backups).toEqual(enrollment.backups);
    expect(documentsOf(enrollment)).toEqual(['csr', 'placeholder', 'receipt', 'sealed-passphrase']);
    const backup = present(activeBackup(destroyed));
    const opened = await openedByRecovery(world.dependencies, destroyed, backup, world.recoveryPrivateKey);
    expect(opened.spkiSha256).toBe(enrollment.key?.spkiSha256);
    expect(
      (await thrownBy(() => world.dependencies.vault.remove(backup.objectName, backup.objectVersion))).code,
    ).toBe('retention-locked');
  });

  it('that is resident destroys it in custody', async () => {
    const enrollment = await readyKey(hardware);
    const { residentKeys } = world.dependencies.keys;
    const name = present(enrollment.key?.residentKey);
    const message = new TextEncoder().encode('message');
    const use = () => present(residentKeys).sign(name, keySpecs[enrollment.keySpec].signature, message);
    expect((await use()).length).toBeGreaterThan(0);
    await destroy(enrollment);
    expect((await thrownBy(use)).code).toBe('key-not-found');
    expect(documentsOf(enrollment)).toEqual(['csr', 'placeholder']);
  });

  it.each([
    ['awaiting its subscriber', {}],
    ['accepted', { lock: 'held', purpose: 'encryption' }],
  ])('that was never made, while the enrollment is %s, ends the enrollment', async (_what, change) => {
    const enrollment = await request(world, { ...nextKey(), ...change });
    expect(await destroy(enrollment)).toMatchObject({ state: 'destroyed' });
    const setting = { enrollmentId: enrollment.id, password: password(), requestId: 'set' };
    await expectRefused(world, 'wrong-state', () => setPassword(world.dependencies, subscriber(), setting));
    const late = { ...requested(), type: 'EnrollmentAccepted', data: { enrollmentId: enrollment.id } };
    await makeKeyPairOfAccepted(world.dependencies, late);
    expect((await current(world, enrollment)).state).toBe('destroyed');
    expect(documentsOf(enrollment)).toEqual([]);
  });

  it('again is success, and changes nothing', async () => {
    const enrollment = await readyKey();
    const destroyed = await destroy(enrollment);
    expect(await destroy(enrollment)).toEqual(destroyed);
    expect(await current(world, enrollment)).toEqual(destroyed);
    const names = await eventNames(world, enrollment);
    expect(names.filter((name) => name === 'EnrollmentDestroyed')).toHaveLength(1);
  });

  it('by several at once is one destruction, and success for all', async () => {
    const enrollment = await readyKey();
    const all = await Promise.all([destroy(enrollment), destroy(enrollment), destroy(enrollment)]);
    expect(all.map(({ state }) => state)).toEqual(['destroyed', 'destroyed', 'destroyed']);
    const names = await eventNames(world, enrollment);
    expect(names.filter((name) => name === 'EnrollmentDestroyed')).toHaveLength(1);
  });

  it('ends every later act on it, but what is read of what stays', async () => {
    const enrollment = await ready(world, nextKey());
    await destroy(enrollment);
    const { id: enrollmentId } = enrollment;
    const { dependencies } = world;
    const ada = subscriber();
    const unlocking = { password: password() };
    const acts = [
      () => setPassword(dependencies, ada, { enrollmentId, password: password(), requestId: 'r' }),
      () =>
        changePassword(dependencies, ada, {
          enrollmentId,
          currentPassword: password(),
          newPassword: password(),
          requestId: 'r',
        }),
      () => exportCopy(dependencies, ada, { enrollmentId, unlocking, pfxPassword: 'same', requestId: 'r' }),
      () => readCsr(dependencies, ada, { enrollmentId, requestId: 'r' }),
    ];
    for (const act of acts) await expectRefused(world, 'wrong-state', act);
    const reading = { enrollmentId, requestId: 'r' };
    expect((await showEnrollment(dependencies, ada, reading)).state).toBe('destroyed');
    const [backup] = await listBackups(dependencies, ada, reading);
    const receiptId = present(backup).receiptId;
    expect(await readReceipt(dependencies, ada, { ...reading, receiptId })).toContain('.');
  });
});

describe('destroying is refused', () => {
  it.each([
    ['fresh-sign-in-required', 'whose sign-in is long ago', () => subscriber()],
    [
      'fresh-sign-in-required',
      'whose sign-in is five minutes and a second ago',
      () => subscriber('ada', seconds() - 301),
    ],
    [
      'fresh-sign-in-required',
      'whose token tells no sign-in',
      () => ({ organization, subject: 'root', roles: ['administrator'] }),
    ],
    ['not-found', 'who is another subscriber', () => fresh('subscriber', 'bob')],
    ['not-found', 'of another organization', () => fresh('administrator', 'root', 'other')],
  ] as [ErrorCode, string, () => Principal][])('%s: for one %s', async (code, _who, as) => {
    const enrollment = await readyKey();
    await expectRefused(world, code, () => destroy(enrollment, { as: as() }), {
      action: 'destroy-enrollment',
    });
    expect(await current(world, enrollment)).toEqual(enrollment);
  });

  it('is allowed five minutes after the sign-in, to the second', async () => {
    const enrollment = await readyKey();
    expect(await destroy(enrollment, { as: subscriber('ada', seconds() - 300) })).toMatchObject({
      state: 'destroyed',
    });
  });

  it.each(roles.filter((role) => role !== 'subscriber' && role !== 'administrator'))(
    'for a %s',
    async (role) => {
      const enrollment = await readyKey();
      await expectRefused(world, 'not-permitted', () => destroy(enrollment, { as: fresh(role) }));
      expect(await current(world, enrollment)).toEqual(enrollment);
    },
  );

  it.each(['', 'yes', 'enr_other'])('unless the id is confirmed: "%s"', async (confirm) => {
    const enrollment = await readyKey();
    await expectRefused(world, 'invalid-input', () => destroy(enrollment, { confirm }), {
      about: ['confirm'],
    });
    expect(await current(world, enrollment)).toEqual(enrollment);
  });

  it('for a request that policy refused, and while the key is made', async () => {
    const refused = await request(world, { ...nextKey(), purpose: 'identity', lock: 'held' });
    await expectRefused(world, 'wrong-state', () => destroy(refused));
    const making = await request(world, nextKey());
    const { dependencies } = withFault(world.dependencies, 'crash', 'keys.exportableKeys.generate');
    const setting = { enrollmentId: making.id, password: password(), requestId: 'set' };
    await setPassword(dependencies, subscriber(), setting).catch(() => undefined);
    await expectRefused(world, 'making-in-progress', () => destroy(making), { outcome: 'failed' });
  });
});

describe('a destruction that fails', () => {
  it.each([
    ['before', {}],
    ['answer-lost', {}],
    ['crash', {}],
    ['before', hardware],
    ['answer-lost', hardware],
    ['crash', hardware],
  ] as [Fault, Record<string, unknown>][])(
    '%s, at any call, is whole or nothing: %j',
    async (fault, change) => {
      const { dependencies, calls } = withFault(world.dependencies);
      await destroy(await readyKey(change), { dependencies });
      for (let at = 1; at <= calls.length; at += 1) {
        const enrollment = await readyKey(change);
        const before = documentsOf(enrollment);
        await destroy(enrollment, {
          dependencies: withFault(world.dependencies, fault, at).dependencies,
        }).catch(() => undefined);
        await deliverTo(enrollment);
        const stands = await current(world, enrollment);
        if (stands.state === 'destroyed') {
          expect([at, documentsOf(enrollment), stands.superseded]).toEqual([
            at,
            ['csr', 'placeholder'],
            undefined,
          ]);
        } else {
          expect([at, stands, documentsOf(enrollment)]).toEqual([at, enrollment, before]);
        }
        await destroy(enrollment);
        expect(documentsOf(enrollment)).toEqual(['csr', 'placeholder']);
      }
    },
  );
});

describe('what was superseded', () => {
  it('is discarded by an event of an organization that is there, or the event is refused', async () => {
    const enrollment = await readyKey();
    const event = { ...requested(), type: 'EnrollmentDestroyed' };
    const act = (change: Record<string, unknown>) => () =>
      discardSupersededOf(world.dependencies, { ...event, data: { enrollmentId: enrollment.id }, ...change });
    const action = 'discard-superseded';
    await expectRefused(world, 'invalid-input', act({ data: {} }), { action });
    await expectRefused(world, 'not-found', act({ data: { enrollmentId: 'enr_none' } }), { action });
    await expectRefused(world, 'not-found', act({ source: '/organizations/nobody' }), { organization: '' });
    await act({})();
    expect(await current(world, enrollment)).toEqual(enrollment);
    expect(documentsOf(enrollment)).toContain('locked-key');
  });

  it('in another custody stays named, so that it is not forgotten', async () => {
    const enrollment = await readyKey(hardware);
    const keys = { ...world.dependencies.keys, custody: 'kms' as const };
    const destroyed = await destroy(enrollment, { dependencies: { ...world.dependencies, keys } });
    expect(destroyed).toMatchObject({
      state: 'destroyed',
      superseded: [{ kind: 'resident-key', id: enrollment.key?.residentKey }],
    });
    const event = { ...requested(), type: 'EnrollmentDestroyed', data: { enrollmentId: enrollment.id } };
    const elsewhere = () => discardSupersededOf({ ...world.dependencies, keys }, event);
    await expectRefused(world, 'provider-misconfigured', elsewhere);
    await deliverTo(enrollment);
    expect((await current(world, enrollment)).superseded).toBeUndefined();
  });
});
