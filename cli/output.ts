import { asEscrowError, type EscrowError } from '#domain/errors.ts';

/** Exit statuses of every verb. */
export const exitStatus = { ok: 0, no: 1, usage: 2 } as const;

/** Where a command writes: what it found on stdout, what it says on stderr. */
export interface Output {
  data(text: string): void;
  message(text: string): void;
}

export const processOutput: Output = {
  data: (text) => void process.stdout.write(`${text}\n`),
  message: (text) => void process.stderr.write(`${text}\n`),
};

/** A value for machines: JSON on stdout. */
export function writeJson(output: Output, value: unknown): void {
  output.data(JSON.stringify(value, null, 2));
}

/** An error as a person reads it: what is wrong, what to do, its code. Never a stack trace. */
export function explain({ message, next, code }: EscrowError): string {
  return `escrow: ${message} ${next} (${code})`;
}

/** Says an error and gives its exit status: wrong usage is 2, everything else 1. */
export function fail(output: Output, thrown: unknown): number {
  const error = asEscrowError(thrown);
  output.message(explain(error));
  return error.code === 'usage' ? exitStatus.usage : exitStatus.no;
}
