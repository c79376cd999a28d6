import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

/** Longer than a second signal is taken for the first one. */
const echo = 350;
const script = fileURLToPath(new URL('children/ends.ts', import.meta.url));
const children: ChildProcess[] = [];
/** What a shell leaves behind is still of its group. */
const groups: number[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const group of groups.splice(0)) endGroup(group);
});

/** Starts a process that ends in some manner, and waits until it has heard of signals. */
function start(manner: string) {
  return begun(spawn(process.execPath, [script, manner], { stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** Starts one as npm does: below a shell, which does not pass on what it is told. */
function startBelowShell(manner: string, environment: Record<string, string>) {
  const line = '"$0" "$1" "$2"; exit';
  const shell = spawn('sh', ['-c', line, process.execPath, script, manner], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
    detached: true,
  });
  if (shell.pid !== undefined) groups.push(shell.pid);
  return begun(shell);
}

function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}

async function begun(child: ChildProcessByStdio<null, Readable, Readable>) {
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

describe('a process that npm started, and whose shell is gone', () => {
  const byNpm = { npm_lifecycle_event: 'start' };

  it('ends in order', async () => {
    const { child, nextLine } = await startBelowShell('ends', byNpm);
    child.kill('SIGTERM');
    expect(await nextLine()).toBe('parent-gone');
    expect(await nextLine()).toBe('ended');
  });

  it('ends at once by a signal that follows', async () => {
    const { child, nextLine, logged } = await startBelowShell('hangs', { ...byNpm, TELL_PID: '1' });
    const pid = Number(await nextLine());
    child.kill('SIGTERM');
    expect(await nextLine()).toBe('parent-gone');
    await pause(echo);
    process.kill(pid, 'SIGTERM');
    expect(await logged).toBe('');
  });

  it('stays where npm did not start it', async () => {
    const { child, nextLine } = await startBelowShell('ends', { npm_lifecycle_event: 'test', TELL_PID: '1' });
    const pid = Number(await nextLine());
    child.kill('SIGTERM');
    await pause(2 * echo);
    process.kill(pid, 'SIGTERM');
    expect(await nextLine()).toBe('SIGTERM');
    expect(await nextLine()).toBe('ended');
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
