import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyReceipt } from '#crypto/receipts.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { type Principal, type Role, roles } from '#domain/principal.ts';
import { exportCopy } from '#lambdas/export-copy/export-copy.ts';
import { listBackups } from '#lambdas/list-backups/list-backups.ts';
import { readReceipt } from '#lambdas/read-receipt/read-receipt.ts';
import { setPassword } from '#lambdas/set-password/set-password.ts';
import { present } from '#test/support/demo.ts';
import { withFault } from '#test/support/faults.ts';
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
let enrollment: Enrollment;
let refused: Enrollment;

beforeAll(async () => {
  world = await makeWorld();
  enrollment = await ready(world);
  refused = await request(world, { idempotencyKey: 'refused', purpose: 'identity', lock: 'held' });
});
afterAll(() => world.close());

const as = (role: Role, of = organization): Principal => ({
  organization: of,
  subject: 'ada',
  roles: [role],
});
const seeing: Role[] = ['subscriber', 'enrollment-workflow', 'recovery-official', 'auditor', 'administrator'];
const blind = roles.filter((role) => !seeing.includes(role));

function read(principal: Principal, receiptId: string, { id }: Pick<Enrollment, 'id'> = enrollment) {
  return readReceipt(world.dependencies, principal, { enrollmentId: id, receiptId, requestId: 'receipt-1' });
}

function list(principal: Principal, { id }: Pick<Enrollment, 'id'> = enrollment) {
  return listBackups(world.dependencies, principal, { enrollmentId: id, requestId: 'backups-1' });
}

async function stated(jws: string) {
  return await verifyReceipt(jws, { keys: [await world.dependencies.keys.receiptKey()] });
}

describe('a receipt', () => {
  it.each(seeing)(
    'of the escrowed backup is handed to a %s as it was signed, without a record',
    async (role) => {
      const records = world.dependencies.ledger.entries.length;
      const { receiptId, id } = present(activeBackup(enrollment));
      const jws = await read(as(role), receiptId);
      expect(await stated(jws)).toMatchObject({
        receipt: 'backup',
        backupId: id,
        enrollmentId: enrollment.id,
      });
      expect(world.dependencies.ledger.entries).toHaveLength(records);
    },
  );

  it('of a copy, and of a refusal, are there too', async () => {
    const copy = await exportCopy(world.dependencies, subscriber(), {
      enrollmentId: enrollment.id,
      unlocking: { password: password() },
      pfxPassword: 'same',
      requestId: 'export-1',
    });
    expect(await read(subscriber(), copy.receiptId)).toBe(copy.receipt);
    const refusal = await read(subscriber(), refused.refusal?.receiptId ?? '', refused);
    expect(await stated(refusal)).toMatchObject({ receipt: 'refusal', enrollmentId: refused.id });
  });

  it("is not found under another's enrollment, nor is one that was never issued", async () => {
    const { receiptId } = present(activeBackup(enrollment));
    const record = { action: 'read-receipt', principal: 'ada', requestId: 'receipt-1' };
    await expectRefused(world, 'not-found', () => read(subscriber(), receiptId, refused), {
      ...record,
      enrollmentId: refused.id,
    });
    await expectRefused(world, 'not-found', () => read(subscriber(), 'rcp_none'), record);
    await expectRefused(world, 'not-found', () => read(subscriber('bob'), receiptId));
    await expectRefused(world, 'not-found', () => read(as('administrator', 'other'), receiptId));
  });

  it.each(blind)('is not permitted to a %s', async (role) => {
    const { receiptId } = present(activeBackup(enrollment));
    await expectRefused(world, 'not-permitted', () => read(as(role), receiptId));
  });

  it.each([
    ['no JWS', 'nothing'],
    ['no JSON', 'e30.bm90IGpzb24.e30'],
    ['no receipt', `e30.${Buffer.from('{"enrollmentId":"enr_1"}').toString('base64url')}.e30`],
  ])('that is %s as it is stored is told as damaged', async (_what, text) => {
    const id = `rcp_damaged_${text.length}`;
    const bytes = new TextEncoder().encode(text);
    await world.dependencies.documents.put({ kind: 'receipt', organization, id }, bytes);
    await expectRefused(world, 'object-damaged', () => read(subscriber(), id));
  });

  it('that the store does not give is not told as missing', async () => {
    const { dependencies } = withFault(world.dependencies, 'before', 'documents.get');
    const { receiptId } = present(activeBackup(enrollment));
    const request = { enrollmentId: enrollment.id, receiptId, requestId: 'receipt-1' };
    const act = () => readReceipt(dependencies, subscriber(), request);
    await expectRefused(world, 'store-unavailable', act, { outcome: 'failed' });
  });
});

describe('the backups of an enrollment', () => {
  it.each(seeing)('are listed to a %s, with what their receipt names, without a record', async (role) => {
    const records = world.dependencies.ledger.entries.length;
    const backup = present(activeBackup(enrollment));
    expect(await list(as(role))).toEqual([
      {
        id: backup.id,
        profile: 'modern',
        pfxSha256: backup.pfxSha256,
        objectVersion: backup.objectVersion,
        retainUntil: backup.retainUntil,
        receiptId: backup.receiptId,
        sealed: true,
      },
    ]);
    expect(world.dependencies.ledger.entries).toHaveLength(records);
  });

  it('are none while the first is being written', async () => {
    const making = await request(world, { idempotencyKey: 'making' });
    const { dependencies } = withFault(world.dependencies, 'crash', 'vault.read');
    const setting = { enrollmentId: making.id, password: password(), requestId: 'set' };
    await setPassword(dependencies, subscriber(), setting).catch(() => undefined);
    expect(
      (await world.dependencies.registry.read('enrollment', organization, making.id))?.backups,
    ).toHaveLength(1);
    expect(await list(subscriber(), making)).toEqual([]);
  });

  it('are none of an identity key', async () => {
    expect(
      await list(subscriber(), await ready(world, { idempotencyKey: 'id', purpose: 'identity' })),
    ).toEqual([]);
  });

  it('say that the passphrase of one is gone, for nobody could open it', async () => {
    const lost = await ready(world, { idempotencyKey: 'lost' });
    const { sealedPassphraseId: id } = present(activeBackup(lost));
    await world.dependencies.documents.discard({ kind: 'sealed-passphrase', organization, id });
    expect(await list(subscriber(), lost)).toEqual([expect.objectContaining({ sealed: false })]);
  });

  it('of another subscriber or organization are not found, and that is recorded', async () => {
    const record = { action: 'list-backups', requestId: 'backups-1', enrollmentId: enrollment.id };
    await expectRefused(world, 'not-found', () => list(subscriber('bob')), record);
    await expectRefused(world, 'not-found', () => list(as('auditor', 'other')), record);
  });

  it.each(blind)('are not permitted to a %s', async (role) => {
    await expectRefused(world, 'not-permitted', () => list(as(role)));
  });

  it('that cannot be read are told as such', async () => {
    const { dependencies } = withFault(world.dependencies, 'before', 'documents.get');
    const act = () =>
      listBackups(dependencies, subscriber(), { enrollmentId: enrollment.id, requestId: 'backups-1' });
    await expectRefused(world, 'store-unavailable', act, { outcome: 'failed' });
  });
});
