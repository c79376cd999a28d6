import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';

/** How a program ended, and what it printed. */
export interface Ran {
  /** Its exit status; null if a signal ended it. */
  status: number | null;
  stdout: Buffer;
  stderr: string;
}

/**
 * Runs a program to its end. A program that is not installed rejects, and so fails the test.
 * @param input what it reads from standard input: the way for a secret, which never stands among the arguments
 * @param environment variables besides those of this process: the other way for a secret
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  input: string | Uint8Array = '',
  environment: Record<string, string> = {},
): Promise<Ran> {
  const child = spawn(program, args, { stdio: 'pipe', env: { ...process.env, ...environment } });
  // A program that does not read its input closes it early.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    buffer(child.stdout),
    buffer(child.stderr),
  ]);
  return { status, stdout, stderr: stderr.toString() };
}

/** What a program printed, which must end well. */
export async function outputOf(
  program: string,
  args: readonly string[],
  input?: string | Uint8Array,
  environment?: Record<string, string>,
): Promise<Buffer> {
  const { status, stdout, stderr } = await runProgram(program, args, input, environment);
  if (status !== 0) throw new TypeError(`${program} ${args[0]} ended with ${status}: ${stderr}`);
  return stdout;
}
