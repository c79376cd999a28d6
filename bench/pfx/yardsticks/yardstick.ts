import type { PfxFacts } from '../facts.ts';
import type { Subject } from '../subject.ts';

/** What is timed: writing a file, opening one, or all of a backup: write, reopen, prove. */
export type Mode = 'write' | 'open' | 'full';

/** One sample. */
export interface Work {
  mode: Mode;
  /** Of each derivation. */
  iterations: number;
  /** How often it is done, one after the other. */
  rounds: number;
  /** What is opened: a file of ours with so many iterations, the same for both sides. */
  pfx: Uint8Array;
}

/** Another implementation that does the same, as far as it is known before it is tried. */
export interface YardstickKind {
  /** As it stands in the names of results. */
  name: string;
  /** What it does in each mode, and what of ours it does not; a mode that is not named it has not. */
  does: Partial<Record<Mode, string>>;
  /** Its count where it cannot be told another. */
  fixedIterations?: number;
  /** Starts a program for each round, or takes many times as long as ours: fewer rounds do. */
  isSlow?: boolean;
  /** What its files say of themselves. */
  facts(iterations: number): PfxFacts;
  /**
   * Gets it ready for a subject: compiled, started, warmed up.
   * @throws Error naming what to install if something is missing
   */
  open(subject: Subject): Promise<Yardstick>;
}

/** One that is ready. */
export interface Yardstick {
  /** Which version of what. */
  version: string;
  /** Writes one file, for its facts to be looked at. */
  write(iterations: number): Promise<Uint8Array>;
  /** Takes a sample. @returns nanoseconds for one round on average */
  time(work: Work): Promise<number>;
  close(): Promise<void>;
}
