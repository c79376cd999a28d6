import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Shell, wordsOf } from './shell.ts';

/** How a command ended on a terminal, and what the terminal showed. */
export interface Talked {
  status: number | null;
  screen: string;
}

/**
 * Runs a command on a terminal of its own (`script` of util-linux), and types: each answer once its question is shown, in their order.
 * @param answers what is shown, and what is typed then; Enter is `\r`
 */
export async function dialogue(
  { path }: Pick<Shell, 'path'>,
  line: string,
  answers: readonly (readonly [question: string, keys: string])[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Talked> {
  const command = wordsOf(line)
    .map((word) => `'${word}'`)
    .join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: path('.'),
    stdio: 'pipe',
    env: { ...process.env, ...environment },
  });
  const left = [...answers];
  let screen = '';
  let read = 0;
  child.stdout.on('data', (shown: Buffer) => {
    screen += shown.toString();
    const [next] = left;
    const at = next === undefined ? -1 : screen.indexOf(next[0], read);
    if (next === undefined || at === -1) return;
    read = at + next[0].length;
    left.shift();
    child.stdin.write(next[1]);
  });
  const [status] = await once(child, 'close');
  return { status, screen: screen.replaceAll('\r\n', '\n') };
}
