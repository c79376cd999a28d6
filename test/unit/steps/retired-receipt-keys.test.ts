import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSoftwareProvider } from '#adapters/software/software-provider.ts';
import type { Organization } from '#domain/organization.ts';
import { answerReadKeySet } from '#lambdas/describe-service/http.ts';
import type { KeyProvider } from '#ports/key-provider.ts';
import { adoptReceiptKey } from '#steps/adopt-receipt-key.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { sealLedger } from '#steps/seal-ledger.ts';
import { statementKeys } from '#steps/statement-keys.ts';
import { MemoryLedger } from '#test/doubles/memory-ledger.ts';
import { MemorySegmentStore } from '#test/doubles/memory-segment-store.ts';
import { checkpointsOf, reportOf } from '#test/support/sealed.ts';
import { makeWorld, organization, type World } from '#test/support/world.ts';

let world: World;
let before: Dependencies;
/** The same service, its receipt key replaced. */
let after: Dependencies;
let folder: string;

beforeAll(async () => {
  world = await makeWorld();
  folder = await mkdtemp(join(tmpdir(), 'escrow-retired-'));
  const ledger = new MemoryLedger(world.dependencies.clock);
  before = { ...world.dependencies, ledger, ledgerLog: ledger, segments: new MemorySegmentStore() };
  const others = await openSoftwareProvider({ folder, stage: 'evaluation' });
  const retiredReceiptKeys = [await before.keys.receiptKey()];
  after = { ...before, keys: Object.assign(others, { retiredReceiptKeys }) };
});
afterAll(async () => {
  await after.keys.close();
  await world.close();
  await rm(folder, { recursive: true });
});

const record = () =>
  before.ledger.record({ action: 'a', organization, principal: 'p', outcome: 'done' as const });
/** As it is where nobody named the key that was retired. */
const unnamed = () => ({
  ...after,
  keys: Object.assign(Object.create(after.keys), { retiredReceiptKeys: [] }),
});
const kids = async (keys: KeyProvider) => (await statementKeys({ keys })).keys.map(({ kid }) => kid);

describe('a receipt key that was retired', () => {
  it('stays in the key set of the service, after the present one and once', async () => {
    const [present, retired] = [await after.keys.receiptKey(), await before.keys.receiptKey()];
    expect(await kids(before.keys)).toEqual([retired.kid]);
    expect(await answerReadKeySet(after)).toEqual({
      json: { keys: [present, retired].map((key) => ({ ...key, use: 'sig', alg: 'ES256' })) },
    });
    // Whoever names a whole jwks.json names the present one, too.
    const both = { receiptKey: () => after.keys.receiptKey(), retiredReceiptKeys: [retired, present] };
    expect((await statementKeys({ keys: both })).keys).toEqual([present, retired]);
  });

  it('has its checkpoints continued by the present one where it is named, and both verify', async () => {
    await record();
    await sealLedger(before, organization);
    await record();
    await expect(sealLedger(unnamed(), organization)).rejects.toMatchObject({ code: 'object-damaged' });
    await sealLedger(after, organization);
    const [first = '', second = ''] = await checkpointsOf(after, organization);
    expect(await reportOf(after, organization, [first, second])).toMatchObject({ ok: true, findings: [] });
    expect((await reportOf(before, organization)).ok).toBe(false);
  });
});

describe('an organization that was set up with it', () => {
  const owner = async (): Promise<Organization> => {
    const found = await before.registry.read('organization', organization, 'organization');
    if (found === undefined) throw new TypeError('no organization');
    return found;
  };
  const recorded: string[] = [];
  const recordNow = async () => `led_${recorded.push('replace-receipt-key')}`;

  it('is of another custody where nobody names it, and nothing changes', async () => {
    const existing = await owner();
    await expect(adoptReceiptKey(unnamed(), existing, recordNow)).rejects.toMatchObject({
      code: 'key-not-found',
      next: expect.stringContaining('name the one before among the retired ones'),
    });
    expect(await owner()).toEqual(existing);
    expect(recorded).toEqual([]);
  });

  it('is expected to have the present one from then on, which is recorded first', async () => {
    const { kid } = await after.keys.receiptKey();
    expect((await adoptReceiptKey(after, await owner(), recordNow)).receiptKeyId).toBe(kid);
    expect((await adoptReceiptKey(after, await owner(), recordNow)).receiptKeyId).toBe(kid);
    expect(recorded).toHaveLength(1);
    // A step back to keys that were there before is another custody.
    await expect(adoptReceiptKey(before, await owner(), recordNow)).rejects.toMatchObject({
      code: 'key-not-found',
    });
  });
});
