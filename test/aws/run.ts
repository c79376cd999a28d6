/** What everything carries that a run makes in an AWS account, with the run's id as value. */
export const runTag = 'enrollment-key-escrow:test';

/** What the aliases of a run begin with, after `alias/`. */
export function runPrefix(runId: string): string {
  return `escrow-test/${runId}`;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Set by `set-up.ts`. */
    runId: string;
  }
}
