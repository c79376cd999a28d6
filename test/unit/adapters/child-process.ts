import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process of its own that runs a script of `children/`. */
export interface Child {
  process: ChildProcess;
  /** The next line that it prints; undefined at its end. */
  nextLine(): Promise<string | undefined>;
  /** Waits for its end. @returns its exit status, or the signal that ended it */
  ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts a script of `children/` by its name. What it writes to stderr is shown. */
export function startChild(script: string, ...args: string[]): Child {
  const path = fileURLToPath(new URL(`children/${script}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(
    ([status, signal]): number | NodeJS.Signals | null => status ?? signal,
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    async nextLine() {
      const line = await lines.next();
      return line.done ? undefined : line.value;
    },
    ended,
  };
}
