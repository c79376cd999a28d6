/** One measurement, as it is printed: one JSON line. */
export interface Result {
  name: string;
  /** The median of the runs. */
  value: number;
  /** The lower quartile. */
  low: number;
  /** The upper quartile. */
  high: number;
  runs: number;
  unit: string;
  /** What is to be reached, as a comparison: `<=1.0`. */
  reach: string;
  /** What it was measured against, in which version, and on what. */
  yardstick: string;
}

/** What a group of measurements is given to say: results for the reader of stdout, messages for the one who waits. */
export interface Report {
  result(result: Result): void;
  message(text: string): void;
}

/** Whether a result was asked for, by its name. */
export type Wanted = (name: string) => boolean;

/** A group of measurements that belong together; prints each result as soon as it stands. */
export type Group = (report: Report, wanted: Wanted) => Promise<void>;

/** Results to stdout as JSON lines, messages to stderr. */
export const printed: Report = {
  result(result) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
  },
  message(text) {
    process.stderr.write(`${text}\n`);
  },
};
