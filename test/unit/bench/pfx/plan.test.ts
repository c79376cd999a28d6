import { describe, expect, it } from 'vitest';
import { yardstickKinds } from '../../../../bench/pfx/group.ts';
import { counts, rowsOf } from '../../../../bench/pfx/plan.ts';
import { stalls } from '../../../../bench/pfx/stalls.ts';

const rows = yardstickKinds.flatMap(rowsOf);
const row = (name: string) => rows.find((candidate) => candidate.name === name);

describe('the comparisons of PFX files', () => {
  it.each([
    ['escrow-vs-openssl', '<=1.0', 'full', 2_048],
    ['export-vs-openssl', '<=0.75', 'full', 250_000],
    ['export-vs-java', '<=0.8', 'write', 250_000],
    ['export-vs-bouncycastle', '<=0.3', 'write', 250_000],
  ])('hold %s to %s', (name, reach, mode, iterations) => {
    expect(row(name)).toMatchObject({ reach, mode, iterations, filesForOne: 1 });
  });

  it('hold no other to anything', () => {
    expect(rows.filter(({ reach }) => reach !== 'none')).toHaveLength(4);
  });

  it('have a name each', () => {
    const names = [...rows, ...stalls].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
  });

  it.each(['openssl', 'java', 'bouncycastle', 'forge', 'certtool', 'pk12util'])(
    'open a file of each count by %s',
    (yardstick) => {
      for (const iterations of counts) {
        expect(row(`open-vs-${yardstick}-${iterations}`)).toMatchObject({ mode: 'open', iterations });
      }
    },
  );

  it.each(['openssl', 'java', 'bouncycastle', 'forge'])('write a file of each count by %s', (yardstick) => {
    const kind = yardstickKinds.find(({ name }) => name === yardstick);
    const writing = kind === undefined ? [] : rowsOf(kind).filter(({ mode }) => mode === 'write');
    expect(writing.map(({ iterations }) => iterations)).toEqual([2_048, 100_000, 250_000]);
  });

  it.each(['certtool', 'pk12util'])(
    'write by %s, which has one count, as many iterations of ours',
    (name) => {
      const { iterations = 0, filesForOne = 0, mode } = row(`write-vs-${name}`) ?? {};
      expect(mode).toBe('write');
      expect(iterations * filesForOne).toBe(600_000);
      expect(iterations).toBeLessThanOrEqual(300_000);
    },
  );

  it('give each mode only to what has it', () => {
    const openOnly = { name: 'reader', does: { open: 'opens' } };
    expect(rowsOf(openOnly).map(({ mode }) => mode)).toEqual(['open', 'open', 'open']);
    expect(rowsOf({ name: 'nothing', does: {} })).toEqual([]);
  });

  it('take fewer rounds of what is slow', () => {
    const does = { open: 'opens' };
    const [quick] = rowsOf({ name: 'quick', does });
    const [slow] = rowsOf({ name: 'slow', does, isSlow: true });
    expect(slow?.rounds).toBeLessThan(quick?.rounds ?? 0);
  });
});

describe('the stalls of the event loop', () => {
  it('are held to 20 ms for an export of each profile', () => {
    expect(stalls.filter(({ reach }) => reach === '<=20')).toMatchObject([
      { name: 'export-stall-ms', profile: 'modern', iterations: 250_000 },
      { name: 'export-stall-compatible-ms', profile: 'compatible', iterations: 250_000 },
      { name: 'export-stall-pbmac1-ms', profile: 'pbmac1', iterations: 250_000 },
    ]);
  });
});
