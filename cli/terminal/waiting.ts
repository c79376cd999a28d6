import { duration } from './progress.ts';

export interface WaitingSettings {
  /** What is being done, as in `Trying the token`. */
  what: string;
  write?: (text: string) => void;
  isTerminal?: boolean;
}

/**
 * Tells on standard error what takes long: once, and at a terminal with the time that it took so far, each second.
 * @returns what the work returns; the line is taken away at a terminal when it is done
 */
export async function whileWaiting<T>(
  {
    what,
    write = (text) => void process.stderr.write(text),
    isTerminal = process.stderr.isTTY === true && process.env['TERM'] !== 'dumb',
  }: WaitingSettings,
  work: () => Promise<T>,
): Promise<T> {
  if (!isTerminal) {
    write(`${what} ...\n`);
    return await work();
  }
  let seconds = 0;
  write(`${what} ...`);
  const ticking = setInterval(() => write(`\r${what} ... ${duration(++seconds)}\u001b[K`), 1_000);
  try {
    return await work();
  } finally {
    clearInterval(ticking);
    write('\r\u001b[K');
  }
}
