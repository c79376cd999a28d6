import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAsRecipient } from '#crypto/locks.ts';
import { verifyReceipt } from '#crypto/receipts.ts';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import type { Unlocking } from '#domain/unlocking.ts';
import { destroyEnrollment } from '#lambdas/destroy-enrollment/destroy-enrollment.ts';
import { loadOrganization } from '#steps/load.ts';
import { makeDueEscrow } from '#steps/make-due-escrow.ts';
import { mostTries } from '#steps/open-lock.ts';
import { present } from '#test/support/demo.ts';
import { decideAndApply, keysWithEscrowDue, noEscrow } from '#test/support/escrow-due.ts';
import { openedByPassword, openedByRecovery } from '#test/support/opened-enrollment.ts';
import { thrownBy } from '#test/support/refused.ts';
import {
  administrator,
  current,
  eventNames,
  makeWorld,
  organization,
  password,
  type World,
  wrongPassword,
} from '#test/support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld({ heldAllowed: true });
});
afterAll(() => world.close());

async function dueKey(change: Record<string, unknown> = {}): Promise<Enrollment> {
  return present((await keysWithEscrowDue(world, [change], { heldAllowed: true }))[0]);
}

function make(
  { id }: Enrollment,
  unlocking: Unlocking = { password: password() },
  dependencies: Parameters<typeof makeDueEscrow>[0] = world.dependencies,
) {
  return makeDueEscrow(dependencies, { enrollment: { organization, id }, unlocking, requestId: 'r-1' });
}

const entriesOf = ({ id }: Enrollment) =>
  world.dependencies.ledger.entries.filter(
    ({ enrollmentId, action }) => enrollmentId === id && action === 'escrow-key',
  );

/** The backup that counts opens by the recovery key alone, and holds the key of the certificate request. */
async function expectEscrowed(enrollment: Enrollment) {
  expect(enrollment).toMatchObject({ state: 'ready', escrow: 'required' });
  expect([enrollment.escrowDue, enrollment.escrowing]).toEqual([undefined, undefined]);
  expect(enrollment.backups.map(({ state }) => state)).toEqual(['active']);
  const backup = present(activeBackup(enrollment));
  const opened = await openedByRecovery(world.dependencies, enrollment, backup, world.recoveryPrivateKey);
  expect([opened.spkiSha256, opened.pfxSha256]).toEqual([enrollment.key?.spkiSha256, backup.pfxSha256]);
  return { backup, ...opened };
}

describe('an escrow that became due', () => {
  it('is made as at enrollment: proved, locked for its retention, receipted, recorded, and told', async () => {
    const enrollment = await dueKey();
    const escrowed = await make(enrollment);
    expect(escrowed).toEqual(await current(world, enrollment));
    const { backup, receipt } = await expectEscrowed(escrowed);
    const { policy } = await loadOrganization(world.dependencies, organization);
    const decided = { version: policy.version, rules: ['encryption-escrowed'] };
    const entry = world.dependencies.ledger.entries.findLast(({ action }) => action === 'escrow-key');
    expect(entry).toEqual({
      ...{ action: 'escrow-key', organization, principal: 'service', enrollmentId: enrollment.id },
      ...{ requestId: 'r-1', outcome: 'done', policy: decided, receiptId: backup.receiptId },
    });
    expect(receipt).toMatchObject({ policy: decided, backupId: backup.id, purpose: 'encryption' });
    expect(receipt.ledgerEntry).toBeDefined();
    const object = await world.dependencies.vault.describe(backup.objectName, backup.objectVersion);
    expect(object.retainUntil?.toISOString()).toBe(backup.retainUntil);
    expect((await eventNames(world, enrollment)).slice(-3)).toEqual([
      'EscrowBecameDue',
      'BackupEscrowed',
      'DueEscrowMade',
    ]);
    // The same password opens it still, and no try counts as wrong.
    expect(escrowed.tries).toMatchObject({ inARow: 0, inLife: 0 });
    expect(await openedByPassword(world.dependencies, escrowed, password())).toBe(escrowed.key?.spkiSha256);
  });

  it('is not made twice', async () => {
    const enrollment = await dueKey();
    const once = await make(enrollment);
    expect(await make(enrollment)).toEqual(once);
    expect(entriesOf(enrollment)).toHaveLength(1);
  });

  it('is made of a key that nobody but the service holds, and of one that is locked to a recipient', async () => {
    await expectEscrowed(await make(await dueKey({ lock: 'held' }), { held: true }));
    const { publicKey: recipientKey, privateKey } = await makeRecoveryKey();
    const enrollment = await dueKey({ recipientKey });
    const other = await thrownBy(() => make(enrollment, { wrappedKey: new Uint8Array(60) }));
    expect(other.code).toBe('wrong-unlocking');
    expect(await current(world, enrollment)).toEqual(enrollment);
    const id = present(enrollment.key?.lockedKeyId);
    const locked = await world.dependencies.documents.get({ kind: 'locked-key', organization, id });
    const context = { organization, enrollmentId: enrollment.id };
    const wrappedKey = await openAsRecipient({ locked, privateKey, context });
    await expectEscrowed(await make(enrollment, { wrappedKey }));
  });

  it('takes the right password: a wrong one is a try, counted and recorded, and makes nothing', async () => {
    const enrollment = await dueKey();
    for (let tried = 1; tried <= mostTries.inARow; tried += 1) {
      const { code } = await thrownBy(() => make(enrollment, { password: wrongPassword() }));
      expect(code).toBe(tried === mostTries.inARow ? 'enrollment-locked' : 'wrong-password');
    }
    const stands = await current(world, enrollment);
    expect(stands).toMatchObject({ backups: [], tries: { inARow: 10, inLife: 10 }, escrow: 'forbidden' });
    expect(entriesOf(enrollment)).toHaveLength(10);
    expect(entriesOf(enrollment)[0]).toMatchObject({ outcome: 'refused', code: 'wrong-password' });
    expect((await thrownBy(() => make(enrollment))).code).toBe('enrollment-locked');
    const authTime = world.dependencies.clock.now().getTime() / 1_000 + 1;
    const due = { enrollment, unlocking: { password: password() }, authTime, requestId: 'r-2' };
    await expectEscrowed(await makeDueEscrow(world.dependencies, due));
  });

  it('is not made where the policy that decides now asks it no more, and is due no more then', async () => {
    const enrollment = await dueKey();
    await decideAndApply(world, noEscrow, false);
    const stands = await make(enrollment);
    expect(stands).toMatchObject({ backups: [], escrow: 'forbidden', state: 'ready' });
    expect(stands.escrowDue).toBeUndefined();
    expect(entriesOf(enrollment)).toEqual([]);
  });

  it('is never made of an identity key, whatever its record says', async () => {
    const [identity] = await keysWithEscrowDue(world, [{ purpose: 'identity' }]);
    const stands = present(identity);
    expect(stands.escrowDue).toBeUndefined();
    const policy = { version: '1', rules: ['made-up'] };
    const marked = {
      ...stands,
      version: stands.version + 1,
      escrowDue: { since: stands.requestedAt, policy },
    };
    await world.dependencies.registry.replace(marked, { version: stands.version });
    expect(await make(marked)).toEqual(marked);
    expect(
      world.dependencies.documents.names().filter(({ id }) => id.startsWith(stands.id)),
    ).not.toContainEqual(expect.objectContaining({ kind: 'sealed-passphrase' }));
  });

  it('is not asked of a key that is not due', async () => {
    const enrollment = await dueKey();
    const escrowed = await make(enrollment);
    const before = world.dependencies.ledger.entries.length;
    expect(await make(escrowed, { password: wrongPassword() })).toEqual(escrowed);
    expect(world.dependencies.ledger.entries).toHaveLength(before);
  });
});

describe('two requests that bring the password at once', () => {
  it('make one backup: one of them is told to ask again, and finds it then', async () => {
    const enrollment = await dueKey();
    const ended = await Promise.allSettled([make(enrollment), make(enrollment)]);
    const refused = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    expect(refused).toHaveLength(1);
    // It was being made, or was made a moment ago.
    expect(['escrow-in-progress', 'version-conflict']).toContain(refused[0].code);
    const stands = await current(world, enrollment);
    await expectEscrowed(stands);
    expect(stands.tries).toMatchObject({ inARow: 0, inLife: 0 });
    expect(await make(enrollment)).toEqual(stands);
  });
});

describe('a key that is destroyed', () => {
  const destroy = ({ id: enrollmentId }: Enrollment) => {
    const authTime = world.dependencies.clock.now().getTime() / 1_000;
    const destruction = { enrollmentId, confirm: enrollmentId, requestId: 'destroy' };
    return destroyEnrollment(world.dependencies, { ...administrator, authTime }, destruction);
  };

  it('has no escrow due any more', async () => {
    const enrollment = await dueKey();
    expect((await destroy(enrollment)).escrowDue).toBeUndefined();
    expect(await make(enrollment)).toMatchObject({ state: 'destroyed', backups: [] });
  });

  it('while its escrow is made gets none: nothing of it counts, and nothing but its locked object stays', async () => {
    const enrollment = await dueKey();
    const { documents } = world.dependencies;
    const put = documents.put.bind(documents);
    const destroying = {
      ...world.dependencies,
      documents: {
        get: documents.get.bind(documents),
        discard: documents.discard.bind(documents),
        put: async (...values: Parameters<typeof put>) => {
          await put(...values);
          if (values[0].kind === 'sealed-passphrase') await destroy(enrollment);
        },
      },
    };
    const error = await thrownBy(() => make(enrollment, { password: password() }, destroying));
    expect(error.code).toBe('wrong-state');
    const stands = await current(world, enrollment);
    expect(stands).toMatchObject({ state: 'destroyed', backups: [] });
    expect(stands.escrowing).toBeUndefined();
    const left = documents.names().filter(({ id }) => id.startsWith(enrollment.id));
    expect(left.map(({ kind }) => kind).sort()).toEqual(['csr', 'placeholder']);
    const [first, failed] = entriesOf(enrollment);
    expect(first).toMatchObject({ outcome: 'done' });
    expect(failed).toMatchObject({ outcome: 'refused', code: 'wrong-state', takesBack: expect.any(String) });
  });
});

it('a receipt of it verifies by the key of the service', async () => {
  const escrowed = await make(await dueKey());
  const id = present(activeBackup(escrowed)).receiptId;
  const jws = await world.dependencies.documents.get({ kind: 'receipt', organization, id });
  const keys = [await world.dependencies.keys.receiptKey()];
  const receipt = await verifyReceipt(new TextDecoder().decode(jws), { keys });
  expect(receipt).toMatchObject({
    confirms: { privateKeyWorks: true, passwordSet: true, passwordAgreed: false, fileRestores: true },
  });
});
