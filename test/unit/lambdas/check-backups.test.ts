import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventSource } from '#contract/events.ts';
import { sha256Hex } from '#crypto/identifiers.ts';
import { type ActiveBackup, activeBackup, type Enrollment } from '#domain/enrollment.ts';
import type { ErrorCode } from '#domain/error-codes.ts';
import { StoreError } from '#domain/errors.ts';
import { type CheckNeeds, checkBackups } from '#lambdas/check-backups/check-backups.ts';
import { startChecks } from '#lambdas/check-backups/start-checks.ts';
import type { BackupVault } from '#ports/backup-vault.ts';
import type { CloudEvent } from '#ports/messages.ts';
import type { Registry } from '#ports/registry.ts';
import { present } from '#test/support/demo.ts';
import { expectRefused, thrownBy } from '#test/support/refused.ts';
import { withChanged } from '#test/support/with-changed.ts';
import { makeWorld, organization, ready, request, type World } from '#test/support/world.ts';

let world: World;
let enrollment: Enrollment;
let backup: ActiveBackup;

beforeAll(async () => {
  world = await makeWorld({ heldAllowed: true });
  enrollment = await ready(world, { lock: 'held' });
  backup = present(activeBackup(enrollment));
  // Nothing of these is escrowed yet, or ever.
  await request(world, { idempotencyKey: 'waits' });
  await ready(world, { idempotencyKey: 'identity', purpose: 'identity' });
});
afterAll(() => world.close());
beforeEach(() => {
  world.dependencies.ledger.entries.length = 0;
});

function due(change: Partial<CloudEvent> = {}): CloudEvent {
  return {
    specversion: '1.0',
    id: 'chk_1',
    source: eventSource(organization),
    type: 'BackupCheckDue',
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data: { organization },
    ...change,
  };
}

function check(vault: Partial<BackupVault> = {}, registry: Registry = world.dependencies.registry) {
  const changed = withChanged<BackupVault>(world.dependencies.vault, vault);
  return checkBackups({ ...world.dependencies, vault: changed, registry }, due());
}

/** A registry whose one page is these. */
function holding(items: Enrollment[]): Registry {
  return withChanged<Registry>(world.dependencies.registry, { enrollments: async () => ({ items }) });
}

describe('the check of stored backups', () => {
  it('finds nothing wrong with what is as it was written, and leaves no record of it', async () => {
    expect(await check()).toEqual({ organization, checked: 1, findings: [], isLast: true });
    expect(world.dependencies.ledger.entries).toEqual([]);
  });

  const stored = async () => await world.dependencies.vault.describe(backup.objectName, backup.objectVersion);
  const bytes = async () => await world.dependencies.vault.read(backup.objectName, backup.objectVersion);
  const cutShort = async () => (await bytes()).slice(0, -1);
  const day = 86_400_000;

  it.each([
    [
      'that is not there',
      'object-missing',
      { describe: () => Promise.reject(new StoreError('object-missing')) },
    ],
    [
      'whose bytes are gone',
      'object-missing',
      { read: () => Promise.reject(new StoreError('object-missing')) },
    ],
    [
      'of which the store knows another SHA-256',
      'object-damaged',
      { describe: async () => ({ ...(await stored()), sha256: sha256Hex(Buffer.from('x')) }) },
    ],
    [
      'that the store finds damaged',
      'object-damaged',
      { read: () => Promise.reject(new StoreError('object-damaged')) },
    ],
    ['whose bytes are others, whatever the store says', 'object-damaged', { read: cutShort }],
    [
      'whose retention ends a day early',
      'retention-shortened',
      {
        describe: async () => ({
          ...(await stored()),
          retainUntil: new Date(Date.parse(backup.retainUntil) - day),
        }),
      },
    ],
  ] as [string, ErrorCode, Partial<BackupVault>][])('tells of a backup %s', async (_what, code, vault) => {
    const names = { organization, enrollmentId: enrollment.id };
    const finding = { ...names, code, objectName: backup.objectName };
    expect(await check(vault)).toMatchObject({ checked: 1, findings: [finding] });
    expect(world.dependencies.ledger.entries).toEqual([
      {
        ...{ action: 'check-backup', ...names, principal: 'service', outcome: 'failed', code },
        ...{ about: [backup.objectName], requestId: 'chk_1' },
      },
    ]);
  });

  it('takes a date that the store keeps to the second for the one that was written', async () => {
    const retainUntil = new Date(Math.floor(Date.parse(backup.retainUntil) / 1_000) * 1_000);
    expect((await check({ describe: async () => ({ ...(await stored()), retainUntil }) })).findings).toEqual(
      [],
    );
  });

  it('tells of bytes that are no backup though record and store agree on them', async () => {
    const other = new Uint8Array([0x30, 0x00]);
    const pfxSha256 = sha256Hex(other);
    const changed = { ...enrollment, backups: [{ ...backup, pfxSha256 }] };
    const vault = {
      describe: async () => ({ ...(await stored()), sha256: pfxSha256 }),
      read: async () => other,
    };
    expect((await check(vault, holding([changed]))).findings).toMatchObject([{ code: 'pfx-malformed' }]);
  });

  it('tells of a key in use that must be escrowed and has no backup', async () => {
    const bare = { ...enrollment, backups: [] };
    const { findings } = await check({}, holding([bare, { ...bare, state: 'destroyed' }]));
    expect(findings).toEqual([{ organization, enrollmentId: enrollment.id, code: 'object-missing' }]);
  });

  it('goes on past one that cannot be read now, and is tried again where none can', async () => {
    const away = new StoreError('store-unavailable');
    const lost = { ...enrollment, id: 'enr_lost', backups: [{ ...backup, objectName: 'acme/x/y.pfx' }] };
    const read: BackupVault['read'] = async (name) => {
      if (name !== backup.objectName) throw away;
      return await bytes();
    };
    const describeAny = { read, describe: stored };
    expect(await check(describeAny, holding([lost, enrollment]))).toMatchObject({
      checked: 2,
      findings: [{ enrollmentId: 'enr_lost', code: 'store-unavailable' }],
    });
    const error = await thrownBy(() => check(describeAny, holding([lost, lost])));
    expect(error.code).toBe('store-unavailable');
  });

  it('is recorded where it cannot be done', async () => {
    const { dependencies } = world;
    const malformed = () => checkBackups(dependencies, due({ data: { organization: 7 } }));
    await expectRefused(world, 'invalid-input', malformed, { action: 'check-backups' });
    const nobody = () => checkBackups(dependencies, due({ source: eventSource('nobody') }));
    await expectRefused(world, 'not-found', nobody, { organization: '' });
  });
});

describe('an organization of several pages', () => {
  it('is checked page by page, each by an event of its own, which a repeated page does not ask for anew', async () => {
    const apart = await makeWorld({ heldAllowed: true });
    try {
      const first = await ready(apart, { lock: 'held' });
      const ids = Array.from({ length: 250 }, (_, index) => `enr_${String(index).padStart(3, '0')}`);
      for (const id of ids) await apart.dependencies.registry.create({ ...first, id, events: [] });
      expect(await startChecks(apart.dependencies)).toEqual([organization]);
      const pages: [number, boolean][] = [];
      for (;;) {
        const [message] = await apart.queues.receive('check-backups', 1, 60);
        if (message === undefined) break;
        await checkBackups(apart.dependencies, message.event);
        const { checked, isLast } = await checkBackups(apart.dependencies, message.event);
        pages.push([checked, isLast]);
        await apart.queues.acknowledge(message);
      }
      expect(pages).toEqual([
        [100, false],
        [100, false],
        [51, true],
      ]);
    } finally {
      await apart.close();
    }
  });
});

describe('a page that is delivered twice', () => {
  const items = () => [enrollment];
  const paged = () =>
    withChanged<Registry>(world.dependencies.registry, {
      enrollments: async ({ cursor = '' }) => ({
        items: items(),
        ...(cursor.length < 7 && { cursor: `${cursor}x` }),
      }),
    });

  /** Checks all pages, each delivered as often as it says. @returns how many were worked on */
  async function walk(id: string, times: (page: number) => number, change: Partial<CheckNeeds> = {}) {
    const left = [due({ id })];
    const publish = async (event: CloudEvent) => void left.push(event);
    const needs = { ...world.dependencies, registry: paged(), events: { publish }, ...change };
    let pages = 0;
    for (let event = left.shift(); event !== undefined; event = left.shift()) {
      for (let delivery = times(pages); delivery > 0; delivery -= 1) await checkBackups(needs, event);
      pages += 1;
    }
    return pages;
  }

  it('has those that follow checked once', async () => {
    expect(await walk('chk_once', () => 1)).toBe(8);
    expect(await walk('chk_twice', () => 2)).toBe(8);
    expect(await walk('chk_often', (page) => 1 + (page % 3))).toBe(8);
  });

  it('has the next one asked for where the first delivery could not', async () => {
    let failures = 2;
    const asked: string[] = [];
    const publish = async ({ id }: CloudEvent) => {
      if (failures-- > 0) throw new StoreError('store-unavailable');
      asked.push(id);
    };
    const needs = { ...world.dependencies, registry: paged(), events: { publish } };
    const page = () => checkBackups(needs, due({ id: 'chk_failing' }));
    for (const _time of ['first', 'second']) expect((await thrownBy(page)).code).toBe('store-unavailable');
    for (const _time of ['third', 'fourth']) expect(await page()).toMatchObject({ isLast: false });
    expect(asked).toEqual(['chk_failing~x']);
  });

  it('does not fail where it cannot be noted that the next one was asked for', async () => {
    const idempotencyKeys = {
      claim: async (_o: string, _i: string, _f: string, until: Date) => {
        if (until > world.dependencies.clock.now()) throw new StoreError('store-unavailable');
        return 'new' as const;
      },
    };
    expect(await walk('chk_unnoted', () => 1, { idempotencyKeys })).toBe(8);
  });
});

describe('very many organizations', () => {
  it('are asked for several at a time, and one that cannot be keeps none of the others from it', async () => {
    const names = Array.from({ length: 25 }, (_, index) => `org-${index}`);
    const asked: string[] = [];
    let [atOnce, most] = [0, 0];
    const publish = async ({ source }: CloudEvent) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      if (source === eventSource('org-3')) throw new StoreError('store-unavailable');
      asked.push(source);
    };
    const { dependencies } = world;
    const registry = withChanged<Registry>(dependencies.registry, { organizations: async () => names });
    const start = () => startChecks({ ...dependencies, registry, events: { publish } });
    expect((await thrownBy(start)).code).toBe('store-unavailable');
    const others = names.filter((name) => name !== 'org-3').map(eventSource);
    expect(asked.toSorted()).toEqual(others.toSorted());
    expect(most).toBe(10);
  });
});
