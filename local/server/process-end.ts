import type { Logger } from '#runtime/log.ts';

/** As shells give it to a program that SIGINT ended. */
const interrupted = 130;
const failed = 1;

/**
 * Signals that follow the first one within this time are the same one, in milliseconds: at Ctrl+C a terminal tells every process
 * in it, and npm passes on to its child what it was told itself.
 */
const echo = 300;

/** How often it is looked whether the parent is there, in milliseconds. */
const look = 200;

/**
 * The first signal asks for an orderly end; the second one ends the process at once, which loses nothing. Under `npm start` the end
 * of the parent is such a signal, too.
 * @returns the name of the first one, once it came; or `parent-gone`
 */
export function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const onSignal = (signal: string) => {
      const now = performance.now();
      if (askedAt !== undefined && now - askedAt > echo) process.exit(interrupted);
      askedAt ??= now;
      resolve(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
    if (process.env['npm_lifecycle_event'] !== 'start') return;
    whenParentGone(() => {
      // After a signal it is that signal's doing, and no second one.
      askedAt ??= performance.now();
      resolve('parent-gone');
    });
  });
}

/**
 * npm passes a signal on to the shell that it runs a script in. A shell that has not made way for the script's program, as dash, ends
 * by it, and the program hears of nothing but the change of its parent.
 */
function whenParentGone(onGone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, look);
  timer.unref();
}

/**
 * Logs what nobody has caught, and ends the process with status 1: it is in a state that nobody knows. Whoever supervises it
 * starts it again, and it goes on where it was.
 */
export function endOnFailure(log: Logger): void {
  const end = (error: unknown) => {
    log.error('unexpected', {}, error);
    process.exit(failed);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}
