import { spawnSync } from 'node:child_process';

/** Runs a command to its end, without a shell. @returns its exit status (127 if there is no such program) and output */
export type Run = (
  command: readonly string[],
  options?: { cwd?: string; env?: NodeJS.ProcessEnv },
) => { status: number; output: string };

/** Tells whoever waits what is being done, in one line. */
export type Say = (line: string) => void;

/** What the set-up sees of a machine, and does on it. */
export interface Machine {
  /** As the variable PATH has it. */
  path: string;
  isRoot: boolean;
  run: Run;
  say: Say;
}

/** Runs a command of this machine. */
export const run: Run = ([program = '', ...args], options = {}) => {
  const result = spawnSync(program, args, {
    ...options,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.error !== undefined) return { status: 127, output: result.error.message };
  return { status: result.status ?? 1, output: `${result.stdout}${result.stderr}` };
};

/** Why the tests cannot run, and the one command that helps. */
export class SetUpProblem extends Error {
  override name = 'SetUpProblem';
  readonly command: string;

  constructor(message: string, command: string) {
    super(message);
    this.command = command;
  }
}
