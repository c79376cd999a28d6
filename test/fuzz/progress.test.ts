import { expect, it } from 'vitest';
import { MemoryWatch } from './memory-watch.ts';
import { Progress } from './progress.ts';

function shown(isTTY: boolean): string[] {
  const lines: string[] = [];
  let now = 0;
  const progress = new Progress(100, { isTTY, write: (text: string) => lines.push(text) }, () => now);
  for (let runs = 1; runs <= 100; runs++) {
    now += 100;
    progress.show({ runs, wrong: 0 });
  }
  return lines;
}

it('shows each tenth where nobody looks on', () => {
  expect(shown(false)).toHaveLength(10);
  expect(shown(false).at(-1)).toBe('100 of 100 runs, 10 a second, 0 with findings\n');
});

it('shows each second on a terminal, in one line', () => {
  const lines = shown(true);
  expect(lines).toHaveLength(11);
  expect(lines.every((line) => line.startsWith('\r'))).toBe(true);
  expect(lines.join('').match(/\n/g)).toHaveLength(1);
});

it('sees memory that grows, and not garbage', () => {
  const garbage = new MemoryWatch(3);
  const leak = new MemoryWatch(3);
  let growth = { garbage: 0, leak: 0 };
  for (let i = 0; i < 30; i++) {
    growth = { garbage: garbage.sample(100 + (i % 3) * 500), leak: leak.sample(100 + (i % 3) * 500 + i) };
  }
  expect(growth).toEqual({ garbage: 0, leak: 27 });
});
