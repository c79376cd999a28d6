/** Says how far long work has come. */
export interface Progress {
  /** So much of it is done, in all. */
  at(done: number): void;
  /** It is over: the line is taken away at a terminal. */
  end(): void;
}

export interface ProgressSettings {
  /** What is counted, as in `requests`. */
  noun: string;
  total: number;
  write?: (text: string) => void;
  isTerminal?: boolean;
  /** Milliseconds that only grow. */
  now?: () => number;
}

/** Between two lines at a terminal, and where there is none, in milliseconds. */
const terminalPace = 100;
const plainPace = 5_000;

/**
 * A line of progress on standard error: count, rate and time left, one line that is written over at a terminal, else a line
 * each five seconds.
 */
export function progress({
  noun,
  total,
  write = (text) => void process.stderr.write(text),
  isTerminal = process.stderr.isTTY === true && process.env['TERM'] !== 'dumb',
  now = () => performance.now(),
}: ProgressSettings): Progress {
  const start = now();
  let shownAt = start;
  let shown = false;
  const pace = isTerminal ? terminalPace : plainPace;
  return {
    at: (done) => {
      const time = now();
      if (time - shownAt < pace) return;
      shownAt = time;
      shown = true;
      const line = progressLine(noun, done, total, (time - start) / 1_000);
      write(isTerminal ? `\r${line}\u001b[K` : `${line}\n`);
    },
    end: () => {
      if (isTerminal && shown) write('\r\u001b[K');
    },
  };
}

/** @param seconds since the start */
function progressLine(noun: string, done: number, total: number, seconds: number): string {
  const rate = done / seconds;
  const left = done === 0 ? '' : `, ${duration((total - done) / rate)} left`;
  return `${done} of ${total} ${noun} (${rate.toFixed(rate < 10 ? 1 : 0)} a second${left})`;
}

/** A time span in words, as in `2 min 5 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}
