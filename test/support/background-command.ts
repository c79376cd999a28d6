import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A command that goes on while a test does something else. */
export interface BackgroundCommand {
  /** What it has said so far, on both streams. */
  said(): string;
  /** Waits until it has said something like this. @returns the match @throws TypeError if it ended before */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  end(signal: NodeJS.Signals): void;
  /** Its exit status; null if a signal ended it. */
  ended: Promise<number | null>;
}

/** Starts a command, in a folder and with variables besides those of this process. */
export function startCommand(
  [command, ...args]: readonly [string, ...string[]],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): BackgroundCommand {
  const child = spawn(command, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let said = '';
  let over = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      child.emit('said');
    });
  }
  const ended = once(child, 'close').then(([status]): number | null => {
    over = true;
    child.emit('said');
    return status;
  });
  return {
    said: () => said,
    says: async (pattern) => {
      for (;;) {
        const found = pattern.exec(said);
        if (found !== null) return found;
        if (over) throw new TypeError(`it ended without saying ${pattern}: ${said}`);
        await once(child, 'said');
      }
    },
    end: (signal) => void child.kill(signal),
    ended,
  };
}
