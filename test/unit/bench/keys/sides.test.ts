import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSides } from '../../../../bench/keys/group.ts';
import { exportableOurs, generateOurs, signOurs, unwrapOurs } from '../../../../bench/keys/ours.ts';
import { rowsOf, type Sides } from '../../../../bench/keys/plan.ts';
import { stallName } from '../../../../bench/keys/stalls.ts';
import { checkSignature, type Kind, kinds, message } from '../../../../bench/keys/subject.ts';

let open: AsyncDisposable & { sides: Sides };
let sides: Sides;
beforeAll(async () => {
  open = await openSides();
  sides = open.sides;
});
afterAll(() => open[Symbol.asyncDispose]());

describe('the comparisons of keys', () => {
  it('hold to a reach what has one, and nothing else', () => {
    const held = rowsOf(sides).flatMap(({ name, reach }) => (reach === 'none' ? [] : [[name, reach]]));
    expect(new Map(held.map(([name = '', reach]) => [name, reach]))).toEqual(
      new Map([
        ['pkcs11-sign-rsa-sync-vs-c', '<=1.10'],
        ['pkcs11-sign-rsa-vs-c', '<=1.35'],
        ['pkcs11-sign-p256-vs-c', '<=1.35'],
        ['pkcs11-sign-vs-naive', '<=0.05'],
      ]),
    );
  });

  it('have a name each', () => {
    const names = [...rowsOf(sides).flatMap(({ name, alone = [] }) => [name].concat(alone)), stallName];
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
  });

  it('hold many callers against the quicker of one thread and two', async () => {
    const asked: number[] = [];
    const sign = async (_kind: Kind, threads: number) => {
      asked.push(threads);
      return threads === 1 ? 5 : 3;
    };
    const rows = rowsOf({ ...sides, loop: { ...sides.loop, sign } });
    expect(await rows.find(({ name }) => name === 'pkcs11-sign-rsa-vs-c')?.theirs()).toBe(3);
    expect(asked).toEqual([1, 2]);
  });

  it('make keys beside the OpenSSL that ours has', () => {
    const making = rowsOf(sides).filter(({ name }) => /generate|exportable|unwrap/.test(name));
    expect(making).toHaveLength(6);
    for (const { yardstick } of making) expect(yardstick).toContain(`Node ${process.version}`);
  });
});

describe.each(['loop', 'loopInNode'] as const)('the C program, as %s', (host) => {
  it('tells the version of what it calls', () => {
    expect(sides[host].version).toMatch(/SoftHSM v2.*, library \d+\.\d+, called in C/);
  });

  it.each(kinds)('signs with our key on one and on two threads: %s', async (kind) => {
    expect(await sides[host].sign(kind, 1, 4)).toBeGreaterThan(0);
    expect(await sides[host].sign(kind, 2, 4)).toBeGreaterThan(0);
  });

  it('makes, wraps and unwraps keys', async () => {
    for (const verb of ['generate', 'exportable', 'unwrap'] as const) {
      expect(await sides[host].time(verb, 'p256', 2)).toBeGreaterThan(0);
    }
    expect(await sides[host].time('unwrap', 'rsa', 1)).toBeGreaterThan(0);
  });
});

describe('the plain binding', () => {
  it.each(kinds)('signs with our key, prepared or naively: %s', (kind) => {
    expect(sides.binding.sign(kind, 2)).toBeGreaterThan(0);
    expect(sides.binding.signNaively(kind, 2)).toBeGreaterThan(0);
  });
});

describe('ours', () => {
  it('signs, makes and unwraps keys', async () => {
    const { subject } = sides;
    expect(await signOurs(subject, 'rsa', { callers: 3, rounds: 6 })).toBeGreaterThan(0);
    for (const work of [generateOurs, exportableOurs, unwrapOurs]) {
      expect(await work(subject, 'p256', 2)).toBeGreaterThan(0);
    }
  });

  it('is not timed with signatures that do not verify', async () => {
    const { keys, residentKeys } = sides.subject;
    const { name, algorithm } = keys.p256;
    const signature = await residentKeys.sign(name, algorithm, Buffer.concat([message, message]));
    expect(() => checkSignature(keys.p256, signature, 'der')).toThrow('does not verify');
  });
});
