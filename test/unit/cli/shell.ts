import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { escrow } from '../../../cli/escrow.ts';
import { processOutput } from '../../../cli/output.ts';

const program = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));

/** How a command ended, and what it said where. */
export interface Ran {
  /** Null if a signal ended it. */
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A folder of its own, and commands run in it, as a person at a prompt would. */
export interface Shell {
  /** Runs a command line, words between blanks: `escrow ...` from this checkout, or any installed program. */
  run(line: string, input?: string | Uint8Array): Promise<Ran>;
  path(name: string): string;
  /** Writes a file, 0600 unless told otherwise. */
  write(name: string, content: string | Uint8Array, mode?: number): void;
  read(name: string): Buffer;
  mode(name: string): number;
  /** Every file in the folder, hidden ones included. */
  list(): string[];
}

type Environment = Readonly<Record<string, string>>;

/**
 * A shell in a temporary folder, which is removed when the tests of the file are done. A process runs each command, as it would
 * for a person.
 */
export function processShell(environment: Environment = {}): Shell {
  return shellThatRuns((folder, line, input) => runIn(folder, line, input, environment));
}

/**
 * A shell that starts no process for a line of `escrow` that is given no input, not even an empty one: it calls what the program
 * calls, one line after the other, since a process has one working folder. All else is as in `processShell`.
 */
export function shell(environment: Environment = {}): Shell {
  return shellThatRuns((folder, line, input) => {
    const [first, ...words] = line.split(' ');
    if (first !== 'escrow' || input !== undefined) return runIn(folder, line, input, environment);
    const ran = before.then(() => runHere(folder, words, environment));
    before = ran.catch(() => {});
    return ran;
  });
}

/** Ends when the last line has, whose working folder was the process's. */
let before: Promise<unknown> = Promise.resolve();

function shellThatRuns(
  run: (folder: string, line: string, input?: string | Uint8Array) => Promise<Ran>,
): Shell {
  const folder = mkdtempSync(join(tmpdir(), 'escrow-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  return {
    run: async (line, input) => withoutTrace(line, await run(folder, line, input)),
    path,
    write: (name, content, mode = 0o600) => writeFileSync(path(name), content, { mode }),
    read: (name) => readFileSync(path(name)),
    mode: (name) => statSync(path(name)).mode & 0o777,
    list: () => readdirSync(folder).sort(),
  };
}

function withoutTrace(line: string, ran: Ran): Ran {
  if (/^ +at .*:\d+/m.test(ran.stdout + ran.stderr))
    throw new TypeError(`a stack trace of ${line}: ${ran.stderr}`);
  return ran;
}

async function runHere(folder: string, words: readonly string[], environment: Environment): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const read = Promise.all([text(stdout), text(stderr)]);
  const startedIn = process.cwd();
  process.chdir(folder);
  try {
    const status = await escrow(words, {
      output: processOutput(stdout, stderr),
      environment: { ...process.env, ...environment },
      startedIn: '.',
    });
    stdout.end();
    stderr.end();
    const [found, said] = await read;
    return { status, stdout: found, stderr: said };
  } finally {
    process.chdir(startedIn);
  }
}

/** The words of a command line as the operating system takes them. */
export function wordsOf(line: string): [string, ...string[]] {
  const [first = '', ...more] = line.split(' ');
  return first === 'escrow' ? [process.execPath, program, ...more] : [first, ...more];
}

async function runIn(
  cwd: string,
  line: string,
  input: string | Uint8Array | undefined,
  environment: Environment,
): Promise<Ran> {
  const [command, ...words] = wordsOf(line);
  const child = spawn(command, words, { cwd, stdio: 'pipe', env: { ...process.env, ...environment } });
  // A program that does not read its input closes it early.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { status, stdout, stderr };
}
