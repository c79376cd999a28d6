import { type ChildProcess, fork } from 'node:child_process';
import { add, emptyTally, keep, type Tally } from './tally.ts';
import type { TrialSettings } from './trial.ts';
import type { Order } from './worker.ts';

export interface Work {
  settings: TrialSettings;
  /** Cases 0 up to, not including, this one. */
  runs: number;
  /** How many processes at the same time. */
  jobs: number;
  /** Called after each range. */
  progress?: (tally: Tally) => void;
  /** The module of a process; `worker.ts` unless told. */
  script?: URL;
  /** After so long without an answer a process is ended, and that is a finding; 2 minutes unless told. */
  patienceMs?: number;
}

interface Range {
  from: number;
  to: number;
}

const rangeLength = 200;
/** After so many deaths there is nothing more to learn. */
const mostDeaths = 10;
const ownScript = new URL('./worker.ts', import.meta.url);

/** Runs cases in several processes, so that a crash of one is seen by another. */
export async function runInProcesses(work: Work): Promise<Tally> {
  const tally = emptyTally();
  const deaths = { count: 0 };
  const waiting: Range[] = [];
  for (let from = 0; from < work.runs; from += rangeLength) {
    waiting.push({ from, to: Math.min(work.runs, from + rangeLength) });
  }
  const runners = Array.from({ length: Math.min(work.jobs, waiting.length) }, () =>
    runner(work, waiting, tally, deaths),
  );
  await Promise.all(runners);
  return tally;
}

/** Takes ranges until none is left, with a new process in place of one that ended. */
async function runner(work: Work, waiting: Range[], tally: Tally, deaths: { count: number }): Promise<void> {
  let child: ChildProcess | undefined;
  for (let range = waiting.shift(); range !== undefined; range = waiting.shift()) {
    child ??= start(work);
    const answer = await answered(child, range, work.patienceMs ?? 120_000);
    if (typeof answer === 'string') {
      child = undefined;
      keepDeath(tally, range, answer);
      deaths.count += 1;
      if (deaths.count > mostDeaths) waiting.length = 0;
      else if (range.to - range.from > 1) waiting.unshift(...singles(range));
      else tally.runs += 1;
    } else add(tally, answer);
    work.progress?.(tally);
  }
  child?.disconnect();
}

function start({ settings, script = ownScript }: Work): ChildProcess {
  const child = fork(script, { serialization: 'advanced' });
  send(child, { settings });
  return child;
}

function send(child: ChildProcess, order: Order): void {
  // Where the process ended already, `exit` says so.
  child.send(order, () => undefined);
}

/** @returns what the process answers, or how it ended */
function answered(child: ChildProcess, range: Range, patienceMs: number): Promise<Tally | string> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    const onMessage = (tally: Tally) => done(tally);
    const onExit = (status: number | null, signal: string | null) =>
      done(`the process ended with ${signal ?? status}`);
    const done = (answer: Tally | string) => {
      clearTimeout(patience);
      child.off('message', onMessage).off('exit', onExit);
      resolve(answer);
    };
    child.once('message', onMessage).once('exit', onExit);
    send(child, range);
  });
}

function keepDeath(tally: Tally, { from, to }: Range, how: string): void {
  const what = to - from > 1 ? `${how} somewhere in cases ${from} to ${to - 1}` : how;
  const findings = [{ kind: 'died' as const, what }];
  keep(tally, {
    number: from,
    from: 'a process',
    steps: [],
    password: '',
    bytes: new Uint8Array(),
    findings,
  });
}

/** Each case of a range by itself, to learn which of them it was. */
function singles({ from, to }: Range): Range[] {
  return Array.from({ length: to - from }, (_, i) => ({ from: from + i, to: from + i + 1 }));
}
