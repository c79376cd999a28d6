import { asEscrowError } from '#domain/errors.ts';
import { errorNumber, explain, fileError } from '#domain/plain-words.ts';

/** Exit statuses of every verb. */
export const exitStatus = { ok: 0, no: 1, usage: 2 } as const;

/** Where a command writes: what it found on stdout, what it says on stderr. */
export interface Output {
  /** @throws StoreError `store-unavailable`, SetUpError `usage` if standard output takes nothing */
  data(text: string): Promise<void>;
  message(text: string): void;
}

/** The process's own standard output and error. */
export function processOutput(): Output {
  // A stream that fails says so here as well as to whoever wrote; unheard, that would end the process with a stack trace.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return {
    data: (text) => written(text.endsWith('\n') ? text : `${text}\n`),
    message: (text) => void process.stderr.write(`${text}\n`),
  };
}

function written(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      // Whoever was reading has read enough, as `head` does.
      if (error === null || error === undefined || errorNumber(error) === 'EPIPE') resolve();
      else reject(fileError('standard output', error));
    });
  });
}

/** A value for machines: JSON on stdout. Throws as `Output.data`. */
export async function writeJson(output: Output, value: unknown): Promise<void> {
  await output.data(JSON.stringify(value, null, 2));
}

/** Says an error and gives its exit status: wrong usage is 2, everything else 1. */
export function fail(output: Output, thrown: unknown): number {
  const error = asEscrowError(thrown);
  output.message(`escrow: ${explain(error)}`);
  return error.code === 'usage' ? exitStatus.usage : exitStatus.no;
}
