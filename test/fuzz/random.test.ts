import { expect, it } from 'vitest';
import { Random } from './random.ts';

const some = (random: Random) => Array.from({ length: 20 }, () => random.next());

it('makes the same choices again for the same seeds, and others for others', () => {
  expect(some(new Random(1, 'a'))).toEqual(some(new Random(1, 'a')));
  const choices = [[1, 'a'], [1, 'b'], [2, 'a'], ['1', 'a'], [1], [11, 'a']].map((seeds) =>
    some(new Random(...seeds)).join(),
  );
  expect(new Set(choices).size).toBe(choices.length);
});

it('comes to everything there is to choose from', () => {
  const random = new Random(7);
  const counts = new Map<string, number>();
  for (let i = 0; i < 4_000; i++) {
    const chosen = random.pick('a', 'b', 'c', 'd');
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
  }
  expect(counts.size).toBe(4);
  for (const count of counts.values()) expect(count).toBeGreaterThan(800);
  expect(new Set(random.bytes(8_000)).size).toBe(256);
});

it('chooses nothing from nothing', () => {
  expect(() => new Random(1).of([])).toThrow(RangeError);
});
