import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyReceipt } from '#crypto/receipts.ts';
import { makeRecoveryKey } from '#crypto/sealing.ts';
import { activeBackup, type Enrollment } from '#domain/enrollment.ts';
import type { BackupVault } from '#ports/backup-vault.ts';
import type { DocumentStore } from '#ports/document-store.ts';
import type { Registry } from '#ports/registry.ts';
import { makeKeyPair } from '#steps/make-key-pair.ts';
import { MemoryBackupVault } from '#test/doubles/memory-backup-vault.ts';
import { present } from '#test/support/demo.ts';
import { thrownBy } from '#test/support/refused.ts';
import { withChanged } from '#test/support/with-changed.ts';
import { current, makeWorld, organization, request, type World } from '#test/support/world.ts';

let world: World;
let number = 0;

beforeAll(async () => {
  world = await makeWorld({ heldAllowed: true });
});
afterAll(() => world.close());

/** Makes an escrowed key over another vault. @returns what it was refused by, if it was */
async function makeOver(change: (vault: MemoryBackupVault) => Partial<BackupVault>) {
  number += 1;
  const enrollment = await request(world, { idempotencyKey: `escrow-${number}`, lock: 'held' });
  const memory = new MemoryBackupVault(world.dependencies.clock);
  const vault: BackupVault = {
    put: memory.put.bind(memory),
    read: memory.read.bind(memory),
    describe: memory.describe.bind(memory),
    list: memory.list.bind(memory),
    extendRetention: memory.extendRetention.bind(memory),
    ...change(memory),
  };
  const make = () => makeKeyPair({ ...world.dependencies, vault }, enrollment);
  return { enrollment, memory, make };
}

async function expectNotReady(enrollment: Enrollment): Promise<void> {
  const stands = await current(world, enrollment);
  expect(stands).toMatchObject({ state: 'accepted', backups: [] });
  expect(stands.key).toBeUndefined();
}

describe('a backup that is not what was written', () => {
  it('never counts: the store tells of the damage', async () => {
    const { make, enrollment } = await makeOver((memory) => ({
      put: async (name, bytes, retainUntil) => {
        const stored = await memory.put(name, bytes, retainUntil);
        memory.damage(name);
        return stored;
      },
    }));
    expect((await thrownBy(make)).code).toBe('object-damaged');
    await expectNotReady(enrollment);
  });

  it.each([
    ['empty', () => new Uint8Array()],
    ['cut short', (bytes: Uint8Array) => bytes.slice(0, -1)],
    ['one bit off', (bytes: Uint8Array) => bytes.map((byte, index) => (index === 900 ? byte ^ 1 : byte))],
    ['longer by a byte', (bytes: Uint8Array) => Uint8Array.of(...bytes, 0)],
  ])('never counts: read back %s', async (_how, altered) => {
    const { make, enrollment } = await makeOver((memory) => ({
      read: async (name, version) => altered(await memory.read(name, version)),
    }));
    expect((await thrownBy(make)).code).toBe('proof-failed');
    await expectNotReady(enrollment);
  });

  it('never counts: that of another enrollment, which opens as well', async () => {
    const other = await makeOver(() => ({}));
    await other.make();
    const [object] = (await other.memory.list(`${organization}/`)).items;
    const others = await other.memory.read(object?.name ?? '', object?.version ?? '');
    const { make, enrollment } = await makeOver(() => ({ read: async () => others }));
    expect((await thrownBy(make)).code).toBe('proof-failed');
    await expectNotReady(enrollment);
  });
});

describe('a sealed passphrase', () => {
  it.each([
    ['empty', () => new Uint8Array()],
    ['one bit off', (bytes: Uint8Array) => bytes.map((byte, index) => (index === 200 ? byte ^ 1 : byte))],
  ])('that is not stored as it was sealed makes no backup: read back %s', async (_how, altered) => {
    const enrollment = await request(world, { idempotencyKey: `sealed ${_how}`, lock: 'held' });
    const memory = world.dependencies.documents;
    const documents: DocumentStore = {
      put: memory.put.bind(memory),
      discard: memory.discard.bind(memory),
      get: async (name) => altered(await memory.get(name)),
    };
    const make = () => makeKeyPair({ ...world.dependencies, documents }, enrollment);
    expect((await thrownBy(make)).code).toBe('proof-failed');
    await expectNotReady(enrollment);
  });

  it('is of the key that the receipt names, whatever the organization names by then', async () => {
    const enrollment = await request(world, { idempotencyKey: 'two keys', lock: 'held' });
    const { registry, documents, keys } = world.dependencies;
    const later = (await makeRecoveryKey()).publicKey;
    let reads = 0;
    const changing = withChanged<Registry>(registry, {
      read: async (type, ...name) => {
        const found = await registry.read(type, ...name);
        if (found?.type !== 'organization' || ++reads === 1) return found;
        return { ...found, recoveryKey: later };
      },
    });
    const made = await makeKeyPair({ ...world.dependencies, registry: changing }, enrollment);
    const backup = present(activeBackup(made));
    const text = async (kind: 'sealed-passphrase' | 'receipt', id: string) =>
      new TextDecoder().decode(await documents.get({ kind, organization, id }));
    const sealed = await text('sealed-passphrase', backup.sealedPassphraseId);
    const receipt = await verifyReceipt(await text('receipt', backup.receiptId), {
      keys: [await keys.receiptKey()],
    });
    expect(receipt).toMatchObject({ recoveryKey: decodeProtectedHeader(sealed).kid });
  });
});

describe('the retention of a backup', () => {
  it('is a day at first, and the full time only once all else is done', async () => {
    const days: number[] = [];
    const order: string[] = [];
    const now = world.dependencies.clock.now().getTime();
    const note = (step: string, until: Date) => {
      order.push(step);
      days.push((until.getTime() - now) / 86_400_000);
    };
    const { make } = await makeOver((memory) => ({
      put: async (name, bytes, until) => {
        note('put', until);
        return await memory.put(name, bytes, until);
      },
      read: async (name, version) => {
        order.push('read');
        return await memory.read(name, version);
      },
      extendRetention: async (name, version, until) => {
        note('extend', until);
        await memory.extendRetention(name, version, until);
      },
    }));
    await make();
    expect(order).toEqual(['put', 'read', 'extend']);
    expect(days).toEqual([1, 1_095]);
  });
});
