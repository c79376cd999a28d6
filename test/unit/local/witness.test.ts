import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sealAll } from '#local/sealing.ts';
import { Witness } from '#local/witness.ts';
import type { Logger } from '#runtime/log.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import { sealLedger } from '#steps/seal-ledger.ts';
import { MemoryLedger } from '#test/doubles/memory-ledger.ts';
import { MemoryRegistry } from '#test/doubles/memory-registry.ts';
import { MemorySegmentStore } from '#test/doubles/memory-segment-store.ts';
import { thrownBy } from '#test/support/refused.ts';
import { checkpointsOf, reportOf } from '#test/support/sealed.ts';
import { makeWorld, organization, type World } from '#test/support/world.ts';

let world: World;
let needs: Dependencies & { ledger: MemoryLedger };
let folder: string;
let file: string;
const logged: [string, string, unknown][] = [];

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'escrow-witness-'));
  file = join(folder, 'kept', 'witness.txt');
  needs = fresh();
  logged.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A ledger of which nothing is kept yet. */
function fresh() {
  const { clock } = world.dependencies;
  const ledger = new MemoryLedger(clock);
  const registry = new MemoryRegistry(clock);
  return { ...world.dependencies, ledger, ledgerLog: ledger, segments: new MemorySegmentStore(), registry };
}

async function sealOne(of = organization): Promise<void> {
  await needs.ledger.record({ action: 'a', organization: of, principal: 'p', outcome: 'done' });
  await sealLedger(needs, of);
}

const lines = () => readFileSync(file, 'utf8').split('\n').slice(0, -1);
const catchUp = (witness: Witness, of = organization) => witness.catchUp(needs.segments, of);

const log: Logger = {
  with: () => log,
  info: (message: string, fields?: unknown) => void logged.push(['info', message, fields]),
  warn: (message: string, fields?: unknown) => void logged.push(['warn', message, fields]),
  error: (message: string, fields?: unknown) => void logged.push(['error', message, fields]),
};

describe('the file of a witness', () => {
  it('gets each checkpoint once, in order, whoever restarts in between', async () => {
    await sealOne();
    let witness = await Witness.open(file);
    expect(await catchUp(witness)).toBe(1);
    expect(await catchUp(witness)).toBe(0);
    await sealOne();
    expect(await catchUp(witness)).toBe(1);
    witness = await Witness.open(file);
    expect(await catchUp(witness)).toBe(0);
    for (let times = 0; times < 3; times += 1) await sealOne();
    expect(await catchUp(witness)).toBe(3);
    expect(lines()).toEqual(await checkpointsOf(needs, organization));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is an anchor of the ledger', async () => {
    for (let times = 0; times < 3; times += 1) await sealOne();
    await catchUp(await Witness.open(file));
    await sealOne();
    expect(await reportOf(needs, organization, [readFileSync(file, 'utf8')])).toMatchObject({ ok: true });
  });

  it('holds those of several organizations', async () => {
    await sealOne();
    await sealOne('other');
    const witness = await Witness.open(file);
    await catchUp(witness);
    await catchUp(witness, 'other');
    const again = await Witness.open(file);
    expect([await catchUp(again), await catchUp(again, 'other')]).toEqual([0, 0]);
    expect(lines()).toHaveLength(2);
  });

  it('gets what a crash kept from it, and loses a line that was not finished', async () => {
    await sealOne();
    await catchUp(await Witness.open(file));
    await sealOne();
    const [, second = ''] = await checkpointsOf(needs, organization);
    appendFileSync(file, second.slice(0, 40));
    expect(await catchUp(await Witness.open(file))).toBe(1);
    expect(lines()).toEqual(await checkpointsOf(needs, organization));
  });

  it('takes no ledger for the one that it knows that is another', async () => {
    await sealOne();
    await sealOne();
    await catchUp(await Witness.open(file));
    const kept = readFileSync(file, 'utf8');
    needs = fresh();
    for (let times = 0; times < 3; times += 1) await sealOne();
    const witness = await Witness.open(file);
    expect((await thrownBy(() => catchUp(witness))).code).toBe('object-damaged');
    needs = fresh();
    await sealOne();
    expect((await thrownBy(() => catchUp(witness))).code).toBe('object-damaged');
    expect(readFileSync(file, 'utf8')).toBe(kept);
  });

  it.each([
    ['holds anything else', () => writeFileSync(join(folder, 'other.txt'), 'a list\n'), 'other.txt'],
    ['is a folder', () => {}, ''],
  ])('is none that %s', async (_, make, name) => {
    make();
    expect(await thrownBy(() => Witness.open(join(folder, name)))).toMatchObject({ code: 'usage' });
  });
});

describe('sealing all there is', () => {
  it('seals each organization, tells the witness, and says how much it was', async () => {
    for (const each of [organization, 'other', '']) {
      await needs.ledger.record({ action: 'a', organization: each, principal: 'p', outcome: 'done' });
    }
    const witness = await Witness.open(file);
    expect(await sealAll({ dependencies: needs, log, witness })).toBe(3);
    expect(await sealAll({ dependencies: needs, log, witness })).toBe(0);
    expect(lines()).toHaveLength(3);
    expect(logged).toEqual([['info', 'ledger-sealed', { count: 3 }]]);
  });

  it('goes on with the others where one was changed, and raises an alarm', async () => {
    await sealOne();
    await sealOne('other');
    const segments = new MemorySegmentStore();
    const theirs = (await needs.segments.get('other', 1)) ?? Uint8Array.of();
    for (const each of [organization, 'other']) await segments.put(each, 1, theirs);
    for (const each of [organization, 'other']) {
      await needs.ledger.record({ action: 'a', organization: each, principal: 'p', outcome: 'done' });
    }
    expect(await sealAll({ dependencies: { ...needs, segments }, log })).toBe(1);
    expect(logged.map(([level, message]) => [level, message])).toEqual([
      ['error', 'ledger-changed'],
      ['info', 'ledger-sealed'],
    ]);
    expect(existsSync(file)).toBe(false);
  });
});
