import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

/** Longer than a second signal is taken for the first one. */
const echo = 350;
const script = fileURLToPath(new URL('children/ends.ts', import.meta.url));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Starts a process that ends in some manner, and waits until it has heard of signals. */
async function start(manner: string) {
  const child = spawn(process.execPath, [script, manner], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const ended = once(child, 'exit').then(([status, signal]): unknown => status ?? signal);
  const logged = text(child.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => (await lines.next()).value;
  expect(await nextLine()).toBe('ready');
  return { child, ended, logged, nextLine };
}

describe('a signal', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s lets the process end in order', async (signal) => {
    const { child, ended, nextLine } = await start('ends');
    child.kill(signal);
    expect(await nextLine()).toBe(signal);
    expect(await nextLine()).toBe('ended');
    expect(await ended).toBe(0);
  });

  it.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGINT'],
  ] as const)('%s and then %s ends it at once', async (first, second) => {
    const { child, ended, nextLine } = await start('hangs');
    child.kill(first);
    expect(await nextLine()).toBe(first);
    await pause(echo);
    child.kill(second);
    expect(await ended).toBe(130);
  });

  it('that npm passes on, and the terminal had sent already, is one', async () => {
    const { child, ended, nextLine } = await start('ends');
    child.kill('SIGINT');
    expect(await nextLine()).toBe('SIGINT');
    child.kill('SIGINT');
    expect(await nextLine()).toBe('ended');
    expect(await ended).toBe(0);
  });
});

describe('what nobody has caught', () => {
  it.each(['throws', 'rejects'])(
    'ends the process, and is logged without what it says (%s)',
    async (manner) => {
      const { ended, logged } = await start(manner);
      expect(await ended).toBe(1);
      const place = expect.stringMatching(/^test\/unit\/local\/server\/children\/ends\.ts:\d+$/);
      const lines = (await logged).trimEnd().split('\n');
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({
        level: 'error',
        message: 'unexpected',
        code: 'internal',
        causes: [{ error: 'InternalError' }, { error: 'TypeError', at: expect.arrayContaining([place]) }],
      });
      expect(lines[0]).not.toContain('MARKED');
    },
  );
});
