import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../local/server/main.ts', import.meta.url));

/** The server as a process of its own. */
export interface ServerProcess {
  child: ChildProcess;
  /** Where it listens. */
  url: string;
  port: number;
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
  /** Its log so far: JSON, a line each. */
  logged(): Record<string, unknown>[];
  /** Sends a signal and waits for the end. @returns exit status, or the signal that ended it */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
  ended: Promise<number | NodeJS.Signals | null>;
}

/** A server that does not start: how it ended, and what it said. */
export interface ServerStart {
  status: number | NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/**
 * Starts `npm start`'s program and waits until it listens.
 * @param args its options besides `--port 0`, which is any free port
 * @throws TypeError with what it said, if it ended instead
 */
export async function startServerProcess(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<ServerProcess> {
  const { child, output, ended } = launch(['--port', '0', ...args], environment);
  const listening = new Promise<string>((resolve) => {
    child.stdout?.on('data', () => {
      const [, url] = /listens on (http:\S+)\n/.exec(output.stdout) ?? [];
      if (url !== undefined) resolve(url);
    });
  });
  const url = await Promise.race([listening, ended.then(() => undefined)]);
  if (url === undefined) throw new TypeError(`the server did not start: ${output.stderr}`);
  return {
    ...{ child, url, ended },
    port: Number(new URL(url).port),
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    logged: () =>
      output.stderr
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      return await ended;
    },
  };
}

/** Runs it where it should not start, or not stay; if it listens all the same, that is its end, by a signal. */
export async function runServerProcess(args: readonly string[]): Promise<ServerStart> {
  const { child, output, ended } = launch(args, {});
  child.stdout.on('data', () => {
    if (output.stdout.includes('listens on')) child.kill('SIGKILL');
  });
  const status = await ended;
  return { status, ...output };
}

function launch(args: readonly string[], environment: Record<string, string>) {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  // `close` comes when all output has been read.
  const ended = once(child, 'close').then(
    ([status, signal]): number | NodeJS.Signals | null => status ?? signal,
  );
  return { child, output, ended };
}
