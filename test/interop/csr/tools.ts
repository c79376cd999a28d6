import { execFile } from 'node:child_process';

/** What a program printed, on both its outputs. */
export interface Printed {
  status: number;
  text: string;
}

/** Runs a program on what is given to its standard input. A program that is not installed is a failure. */
export function run(program: string, options: readonly string[], input: string): Promise<Printed> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code;
      if (typeof status === 'number') resolve({ status, text: stdout + stderr });
      else reject(error ?? new Error(`${program} did not end by itself`));
    });
    child.stdin?.end(input);
  });
}
