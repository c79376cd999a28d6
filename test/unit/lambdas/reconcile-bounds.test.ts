import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrollmentIdFrom } from '#crypto/identifiers.ts';
import { type ActiveBackup, activeBackup, type Enrollment } from '#domain/enrollment.ts';
import { StoreError } from '#domain/errors.ts';
import { type Needs, nothingYet, type ReconcileRequest } from '#lambdas/reconcile/needs.ts';
import { partAt, parts, prefixesOf } from '#lambdas/reconcile/parts.ts';
import { reconcile } from '#lambdas/reconcile/reconcile.ts';
import type { BackupVault } from '#ports/backup-vault.ts';
import type { CloudEvent } from '#ports/messages.ts';
import { present } from '#test/support/demo.ts';
import { withChanged } from '#test/support/with-changed.ts';
import { makeWorld, organization, ready, request, type World } from '#test/support/world.ts';

const minute = 60_000;
const hour = 60 * minute;
let world: World;

beforeEach(async () => {
  world = await makeWorld({ heldAllowed: true });
});
afterEach(() => world.close());

function mend(change: Partial<Needs> = {}, more: Partial<ReconcileRequest> = {}) {
  const asked = { organization, staleAfterSeconds: 900, requestId: 'run-1', ...more };
  return reconcile({ ...world.dependencies, ...change }, asked);
}

async function escrowed(): Promise<[Enrollment, ActiveBackup]> {
  const enrollment = await ready(world, { lock: 'held' });
  return [enrollment, present(activeBackup(enrollment))];
}

describe('a backup that is not in the vault', () => {
  it('is a finding that is recorded, and not mended', async () => {
    const [enrollment, { objectName, objectVersion }] = await escrowed();
    world.dependencies.clock.advance(2_000 * 24 * hour);
    await world.dependencies.vault.remove(objectName, objectVersion);
    for (const _time of ['once', 'again']) {
      expect(await mend()).toEqual({ ...nothingYet(), missingBackups: [enrollment.id] });
      expect(world.dependencies.ledger.entries.at(-1)).toEqual({
        ...{ action: 'find-backup', organization, principal: 'service', enrollmentId: enrollment.id },
        ...{ outcome: 'failed', code: 'object-missing', about: [objectName], requestId: 'run-1' },
      });
    }
    expect(
      activeBackup(
        present(await world.dependencies.registry.read('enrollment', organization, enrollment.id)),
      ),
    ).toBeDefined();
  });

  it('is one of another version, too', async () => {
    const [enrollment, { objectName }] = await escrowed();
    const { vault } = world.dependencies;
    const list: BackupVault['list'] = async (...args) => {
      const page = await vault.list(...args);
      return { ...page, items: page.items.map((each) => ({ ...each, version: 'another' })) };
    };
    const done = await mend({ vault: withChanged<BackupVault>(vault, { list }) });
    expect([done.missingBackups, done.orphanedObjects]).toEqual([[enrollment.id], []]);
    expect(objectName).toContain(enrollment.id);
  });
});

describe('a vault that can remove nothing', () => {
  it('has what nobody refers to counted, each time', async () => {
    await escrowed();
    const { vault, clock } = world.dependencies;
    const name = `${organization}/enr_unknown/att_1.pfx`;
    await vault.put(name, new Uint8Array(9), clock.now());
    clock.advance(48 * hour);
    const { removable: _, ...unremovable } = {
      removable: undefined,
      put: vault.put.bind(vault),
      read: vault.read.bind(vault),
      describe: vault.describe.bind(vault),
      extendRetention: vault.extendRetention.bind(vault),
      list: vault.list.bind(vault),
    };
    expect(await mend({ vault: unremovable })).toEqual({ ...nothingYet(), orphanedObjects: [name] });
    expect((await vault.list(`${organization}/`)).items).toHaveLength(2);
  });
});

describe('the parts', () => {
  it('hold every enrollment once, and have their turn each within a day', () => {
    const all = Array.from({ length: parts }, (_, part) => prefixesOf(part)).flat();
    expect(new Set(all).size).toBe(all.length);
    for (let number = 0; number < 2_000; number += 1) {
      const id = enrollmentIdFrom(organization, String(number));
      expect(all.filter((prefix) => id.startsWith(prefix))).toHaveLength(1);
    }
    const start = Date.parse('2026-01-05T08:00:00.000Z');
    const turns = Array.from({ length: 288 }, (_, run) => partAt(new Date(start + run * 5 * minute)));
    expect(new Set(turns).size).toBe(parts);
  });

  it('are each walked through alone, and together are all', async () => {
    const [enrollment, { objectName, objectVersion }] = await escrowed();
    world.dependencies.clock.advance(2_000 * 24 * hour);
    await world.dependencies.vault.remove(objectName, objectVersion);
    const found: number[] = [];
    for (let part = 0; part < parts; part += 1) {
      if ((await mend({}, { part })).missingBackups.length > 0) found.push(part);
    }
    expect(found).toHaveLength(1);
    expect(prefixesOf(found[0]).some((prefix) => enrollment.id.startsWith(prefix))).toBe(true);
  });
});

describe('many that wait for their key pair', () => {
  /** So many that their messages may well be in the queue still. */
  async function crowd(count: number): Promise<string[]> {
    const first = await request(world, { lock: 'held' });
    const ids = Array.from({ length: count - 1 }, (_, index) =>
      enrollmentIdFrom(organization, `crowd-${index}`),
    );
    for (const id of ids) await world.dependencies.registry.create({ ...first, id, events: [] });
    return [first.id, ...ids];
  }

  it('are asked for a few hundred a run, others each time, and counted once they wait long', async () => {
    const ids = await crowd(400);
    world.dependencies.clock.advance(16 * minute);
    const one = await mend({}, { part: 0 });
    const other = await mend({}, { part: 128 });
    expect([one.emittedAgain.length, one.waitingLong, other.emittedAgain.length]).toEqual([250, 0, 150]);
    expect(new Set([...one.emittedAgain, ...other.emittedAgain])).toEqual(new Set(ids));
    world.dependencies.clock.advance(hour);
    expect(await mend({}, { part: 0 })).toMatchObject({ waitingLong: 400 });
  });

  it('are left to the next run when time is up', async () => {
    await crowd(20);
    world.dependencies.clock.advance(16 * minute);
    let asked = 0;
    const done = await mend({}, { hasTime: () => ++asked <= 10 });
    expect(done.isCut).toBe(true);
    expect(done.emittedAgain.length).toBeLessThan(20);
    const rest = await mend();
    expect(done.emittedAgain.length + rest.emittedAgain.length).toBe(20);
  });
});

describe('events that were lost on the way', () => {
  const lost: CloudEvent = {
    specversion: '1.0',
    id: 'enr_1.2.0',
    source: `/organizations/${organization}/enrollments/enr_1`,
    type: 'EnrollmentKeyPairCreated',
    time: '2026-01-05T08:00:00.000Z',
    datacontenttype: 'application/json',
    data: { enrollmentId: 'enr_1' },
  };

  function carrying(found: CloudEvent[]) {
    const fed: CloudEvent[] = [];
    const asked: { beginnings: readonly string[]; ages: number[] }[] = [];
    const unpublished = {
      async find(_organization: string, beginnings: readonly string[], from: Date, to: Date) {
        const ago = (date: Date) => (world.dependencies.clock.now().getTime() - date.getTime()) / minute;
        asked.push({ beginnings, ages: [ago(from), ago(to)] });
        return found;
      },
      async *fed() {},
    };
    const feed = { append: async (_: string, events: readonly CloudEvent[]) => void fed.push(...events) };
    return { needs: { carrying: { unpublished, feed } }, fed, asked };
  }

  it('are published and kept in the feed: of what has its turn, and was written one to three days ago', async () => {
    const { needs, fed, asked } = carrying([lost]);
    expect(await mend(needs, { part: 3 })).toMatchObject({ publishedAgain: [lost.id], failed: [] });
    expect(asked).toEqual([{ beginnings: prefixesOf(3), ages: [4_320, 1_440] }]);
    expect(fed).toEqual([lost]);
    const [message] = await world.queues.receive('notify-subscriber', 1, 60);
    expect(message?.event).toEqual(lost);
  });

  it('are looked for twice before they are too old, since all has its turn within 22 hours', () => {
    const turns = (written: number) =>
      Array.from({ length: 574 }, (_, run) => partAt(new Date(written + 24 * hour + (1 + run) * 5 * minute)));
    for (const part of [0, 77, 255]) {
      expect(turns(Date.parse(lost.time)).filter((each) => each === part).length).toBeGreaterThanOrEqual(2);
    }
  });

  it('are not kept in the feed before they are published, or they would not be looked for again', async () => {
    const { needs, fed } = carrying([lost]);
    const events = { publish: () => Promise.reject(new StoreError('store-unavailable')) };
    expect(await mend({ ...needs, events })).toMatchObject({ publishedAgain: [], failed: [lost.id] });
    expect(fed).toEqual([]);
  });

  it('keep their order where one of an aggregate cannot be published: the later ones of it wait', async () => {
    const all = ['enr_1.2.0', 'enr_1.2.1', 'enr_1.2.2', 'enr_2.2.0'].map((id) => ({
      ...lost,
      id,
      source: `/organizations/${organization}/enrollments/${id.slice(0, 5)}`,
    }));
    const { needs, fed } = carrying(all);
    const publish = ({ id }: CloudEvent) =>
      id === 'enr_1.2.1' ? Promise.reject(new StoreError('store-unavailable')) : Promise.resolve();
    expect((await mend({ ...needs, events: { publish } })).failed).toEqual(['enr_1.2.1', 'enr_1.2.2']);
    expect(ids(fed)).toEqual(['enr_1.2.0', 'enr_2.2.0']);
  });

  const burst = Array.from({ length: 450 }, (_, index) => ({ ...lost, id: `enr_${index}.2.0` }));
  const ids = (events: readonly CloudEvent[]) => events.map(({ id }) => id);

  it('are published some at a time, so that a run which ends has got on, and left the rest', async () => {
    const { needs, fed } = carrying(burst);
    const published: CloudEvent[] = [];
    const events = { publish: async (event: CloudEvent) => void published.push(event) };
    const hasTime = () => fed.length < 200;
    const done = await mend({ ...needs, events }, { hasTime });
    expect(done).toMatchObject({ publishedAgain: ids(fed), failed: [], isCut: true });
    expect(fed).toEqual(burst.slice(0, 200));
    expect(published).toEqual(fed);
  });

  it('wait for the next run where some can be published no more, and those before are not published anew', async () => {
    const { needs, fed } = carrying(burst);
    let published = 0;
    const events = {
      publish: async () => {
        published += 1;
        if (published > 150) throw new StoreError('store-unavailable');
      },
    };
    const done = await mend({ ...needs, events });
    expect(fed).toEqual(burst.slice(0, 150));
    expect(done).toMatchObject({ publishedAgain: ids(fed), failed: ids(burst.slice(150)) });
    expect(published).toBeLessThan(250);
  });
});

describe('what was given up', () => {
  it('is counted, so that somebody is told of it', async () => {
    world.queues.put('notify-subscriber', {
      specversion: '1.0',
      id: 'e',
      source: `/organizations/${organization}`,
      type: 'EnrollmentLocked',
      time: 't',
      datacontenttype: 'application/json',
      data: {},
    });
    for (const message of await world.queues.receive('notify-subscriber', 1, 60))
      await world.queues.bury(message, 'internal');
    expect(await mend()).toEqual({ ...nothingYet(), deadLetters: 1 });
  });
});
