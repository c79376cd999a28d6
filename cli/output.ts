import type { Writable } from 'node:stream';
import { errorNumber, fileError } from '#domain/plain-words.ts';

/**
 * Exit statuses of every verb.
 * - `no`: it was not done, or what was checked is not good
 * - `usage`: the arguments, or what they name, are wrong
 * - `some`: some of many were refused, the others were done
 * - `access`: not signed in, or not permitted
 * - `later`: the server was not reached or is busy, and the same command may succeed later
 * - `interrupted`: a person pressed Ctrl-C at a question; as a shell reports whatever that signal (SIGINT) ends
 */
export const exitStatus = { ok: 0, no: 1, usage: 2, some: 3, access: 4, later: 5, interrupted: 130 } as const;

/** Where a command writes: what it found on stdout, what it says on stderr. */
export interface Output {
  /** @throws StoreError `store-unavailable`, SetUpError `usage` if standard output takes nothing */
  data(text: string): Promise<void>;
  message(text: string): void;
  /** Whether whoever read standard output has read enough, so that what goes on for ever may end. */
  isClosed(): boolean;
}

/** Where what is found and what is said go: unless told otherwise, the process's own standard output and error. */
export function processOutput(stdout: Writable = process.stdout, stderr: Writable = process.stderr): Output {
  // A stream that fails says so here as well as to whoever wrote; unheard, that would end the process with a stack trace.
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  let closed = false;
  return {
    data: async (text) => {
      closed = !(await written(stdout, text.endsWith('\n') ? text : `${text}\n`));
    },
    message: (text) => void stderr.write(`${text}\n`),
    isClosed: () => closed,
  };
}

/** @returns false where whoever was reading has read enough, as `head` does */
function written(stdout: Writable, text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    stdout.write(text, (error) => {
      if (error === null || error === undefined) resolve(true);
      else if (errorNumber(error) === 'EPIPE') resolve(false);
      else reject(fileError('standard output', error));
    });
  });
}

/** A value for machines: JSON on stdout. Throws as `Output.data`. */
export async function writeJson(output: Output, value: unknown): Promise<void> {
  await output.data(JSON.stringify(value, null, 2));
}
