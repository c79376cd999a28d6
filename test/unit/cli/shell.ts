import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

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

/** A shell in a temporary folder, which is removed when the tests of the file are done. */
export function shell(environment: Readonly<Record<string, string>> = {}): Shell {
  const folder = mkdtempSync(join(tmpdir(), 'escrow-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  return {
    run: (line, input = '') => runIn(folder, line, input, environment),
    path,
    write: (name, content, mode = 0o600) => writeFileSync(path(name), content, { mode }),
    read: (name) => readFileSync(path(name)),
    mode: (name) => statSync(path(name)).mode & 0o777,
    list: () => readdirSync(folder).sort(),
  };
}

/** The words of a command line as the operating system takes them. */
export function wordsOf(line: string): [string, ...string[]] {
  const [first = '', ...more] = line.split(' ');
  return first === 'escrow' ? [process.execPath, program, ...more] : [first, ...more];
}

async function runIn(
  cwd: string,
  line: string,
  input: string | Uint8Array,
  environment: object,
): Promise<Ran> {
  const [command, ...words] = wordsOf(line);
  const child = spawn(command, words, { cwd, stdio: 'pipe', env: { ...process.env, ...environment } });
  // A program that does not read its input closes it early.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ]);
  if (/^ +at .*:\d+/m.test(stdout + stderr)) throw new TypeError(`a stack trace of ${line}: ${stderr}`);
  return { status, stdout, stderr };
}
