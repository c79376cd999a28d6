import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyDossier } from '#crypto/dossier/verify-dossier.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import type { Principal } from '#domain/principal.ts';
import { Secret } from '#domain/secret.ts';
import { changePassword } from '#lambdas/change-password/change-password.ts';
import { exportCopy } from '#lambdas/export-copy/export-copy.ts';
import { listEnrollments } from '#lambdas/list-enrollments/list-enrollments.ts';
import { readCsr } from '#lambdas/read-csr/read-csr.ts';
import { readDossier } from '#lambdas/read-dossier/read-dossier.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { LedgerTrees } from '#steps/ledger-trees.ts';
import { sealLedger } from '#steps/seal-ledger.ts';
import { present } from '#test/support/demo.ts';
import { decideAndApply, keysWithEscrowDue } from '#test/support/escrow-due.ts';
import { withFault } from '#test/support/faults.ts';
import { openedByPassword, openedByRecovery } from '#test/support/opened-enrollment.ts';
import { expectRefused, thrownBy } from '#test/support/refused.ts';
import {
  administrator,
  current,
  makeWorld,
  organization,
  password,
  ready,
  subscriber,
  type World,
  wrongPassword,
} from '#test/support/world.ts';

const another = () => Secret.fromText('staple of a new battery');
let world: World;

beforeAll(async () => {
  world = await makeWorld({ heldAllowed: true });
});
afterAll(() => world.close());

async function dueKey(change: Record<string, unknown> = {}): Promise<Enrollment> {
  return present((await keysWithEscrowDue(world, [change], { heldAllowed: true }))[0]);
}

interface More {
  secret?: Secret;
  dependencies?: Dependencies;
  idempotencyKey?: string;
}

function take({ id: enrollmentId }: Enrollment, more: More = {}) {
  const { secret = password(), dependencies = world.dependencies } = more;
  const asked = {
    enrollmentId,
    unlocking: { password: secret },
    pfxPassword: 'same',
    requestId: 'e-1',
  } as const;
  return exportCopy(dependencies, subscriber(), asked);
}

function change({ id: enrollmentId }: Enrollment, more: More = {}) {
  const { secret: currentPassword = password(), dependencies = world.dependencies, ...rest } = more;
  const asked = { enrollmentId, currentPassword, newPassword: another(), requestId: 'c-1', ...rest };
  return changePassword(dependencies, subscriber(), asked);
}

const opening: [string, (of: Enrollment, more?: More) => Promise<unknown>][] = [
  ['an export', take],
  ['a change of the password', change],
];

const listed = async () => {
  const asked = { requestId: 'list', escrowDue: true };
  return (await listEnrollments(world.dependencies, administrator, asked)).items.map(({ id }) => id);
};
const entriesOf = ({ id }: Enrollment, actions: string[]) =>
  world.dependencies.ledger.entries.filter(
    ({ enrollmentId, action }) => enrollmentId === id && actions.includes(action),
  );

/** A maker of escrows whose first call of a name fails. */
function failing(call: string): Dependencies {
  const { dueEscrow } = withFault(world.dependencies, 'before', call).dependencies;
  return { ...world.dependencies, dueEscrow };
}

describe.each(opening)('%s of a key whose escrow became due', (_what, open) => {
  it('makes its backup first: from then on it is escrowed, and listed no more', async () => {
    const enrollment = await dueKey();
    expect(await listed()).toContain(enrollment.id);
    await open(enrollment);
    const stands = await current(world, enrollment);
    const backup = present(activeBackup(stands));
    const opened = await openedByRecovery(world.dependencies, stands, backup, world.recoveryPrivateKey);
    expect(opened.spkiSha256).toBe(enrollment.key?.spkiSha256);
    expect(stands).toMatchObject({ escrow: 'required', tries: { inARow: 0, inLife: 0 } });
    expect(await listed()).not.toContain(enrollment.id);
    const acts = entriesOf(enrollment, ['escrow-key', 'export-copy', 'change-password']);
    expect(acts.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['escrow-key', 'done'],
      [open === take ? 'export-copy' : 'change-password', 'done'],
    ]);
  });

  // That each call of it may fail is shown where it is made.
  it('does nothing else where that fails, says that it was that, and can be repeated', async () => {
    const enrollment = await dueKey();
    const error = await thrownBy(() => open(enrollment, { dependencies: failing('vault.put') }));
    expect(error).toMatchObject({ code: 'escrow-not-made', retryable: true });
    expect(error.cause).toMatchObject({ code: 'store-unavailable' });
    const stands = await current(world, enrollment);
    expect(stands).toMatchObject({ exports: 0, backups: [], tries: { inARow: 0, inLife: 0 } });
    expect([stands.escrowDue, stands.key]).toEqual([enrollment.escrowDue, enrollment.key]);
    await open(enrollment);
    expect(activeBackup(await current(world, enrollment))).toBeDefined();
  });

  it('with a wrong password is a wrong try, counted once, and makes nothing', async () => {
    const enrollment = await dueKey();
    const error = await thrownBy(() => open(enrollment, { secret: wrongPassword() }));
    expect(error.code).toBe('wrong-password');
    expect(await current(world, enrollment)).toMatchObject({ backups: [], tries: { inARow: 1, inLife: 1 } });
    const acts = entriesOf(enrollment, ['escrow-key', 'export-copy', 'change-password']);
    expect(acts.map(({ code }) => code)).toEqual(['wrong-password', 'wrong-password']);
  });
});

it.each([
  ['an export of an escrowed key', take, 'encryption'],
  ['a change of the password of an identity key', change, 'identity'],
] as const)('%s asks nothing of what makes escrows', async (_what, open, purpose) => {
  await decideAndApply(world, {});
  const enrollment = await ready(world, { purpose, idempotencyKey: `other-${purpose}` });
  const dueEscrow = { make: () => Promise.reject(new TypeError('it was asked')) };
  await open(enrollment, { dependencies: { ...world.dependencies, dueEscrow } });
});

describe('an export of a key whose escrow became due', () => {
  it('that policy refuses has its backup made all the same', async () => {
    const enrollment = await dueKey();
    const asked = { enrollmentId: enrollment.id, unlocking: { password: password() }, requestId: 'e-1' };
    const compatible = { ...asked, profile: 'compatible', pfxPassword: 'generated' } as const;
    const error = await thrownBy(() => exportCopy(world.dependencies, subscriber(), compatible));
    expect(error.code).toBe('export-refused');
    expect(await current(world, enrollment)).toMatchObject({ escrow: 'required', exports: 0 });
  });

  it('goes on where policy requires it no more, and nothing is escrowed', async () => {
    const enrollment = await dueKey();
    await decideAndApply(world, { escrow: { identity: false, encryption: false } }, false);
    await take(enrollment);
    expect(await current(world, enrollment)).toMatchObject({ escrow: 'forbidden', backups: [], exports: 1 });
  });
});

it('a change of the password that comes again has its backup made by the new one', async () => {
  await decideAndApply(world, { escrow: { identity: false, encryption: false } });
  const enrollment = await ready(world, { idempotencyKey: 'again' });
  await change(enrollment, { idempotencyKey: 'once' });
  await decideAndApply(world, {});
  await change(enrollment, { idempotencyKey: 'once' });
  const stands = await current(world, enrollment);
  expect(activeBackup(stands)).toBeDefined();
  expect(await openedByPassword(world.dependencies, stands, another())).toBe(stands.key?.spkiSha256);
});

it('the certificate request of such a key is held back until its backup stands', async () => {
  const enrollment = await dueKey();
  const asked = { enrollmentId: enrollment.id, requestId: 'csr' };
  const workflow: Principal = { organization, subject: 'workflow', roles: ['enrollment-workflow'] };
  const read = () => readCsr(world.dependencies, workflow, asked);
  await expectRefused(world, 'escrow-due', read);
  await take(enrollment);
  expect(await read()).toContain('BEGIN CERTIFICATE REQUEST');
});

it('the dossier of such a key says since when it is due and by which policy, and afterwards how it was made', async () => {
  const enrollment = await dueKey();
  const auditor: Principal = { organization, subject: 'olga', roles: ['auditor'] };
  const dossier = async () => {
    await sealLedger(world.dependencies, organization);
    const trees = new LedgerTrees(world.dependencies.ledgerLog);
    const asked = { enrollmentId: enrollment.id, requestId: 'dossier' };
    const file = await readDossier({ ...world.dependencies, trees }, auditor, asked);
    const keys = { keys: [await world.dependencies.keys.receiptKey()] };
    return await verifyDossier(Buffer.from(file), keys, { anchors: [] });
  };
  const due = await dossier();
  expect(due.findings).toEqual([]);
  expect(due.dossier.key.escrowDue).toEqual(enrollment.escrowDue);
  await take(enrollment);
  const made = await dossier();
  expect(made.findings).toEqual([]);
  expect(made.dossier.key).toMatchObject({ escrow: 'required', escrowDue: null });
  const [backup] = made.dossier.backups;
  expect(made.dossier.receipts.map(({ id }) => id)).toContain(backup?.receiptId);
  expect(made.dossier.decisions).toContainEqual(
    expect.objectContaining({ action: 'escrow-key', policy: enrollment.escrowDue?.policy }),
  );
});
