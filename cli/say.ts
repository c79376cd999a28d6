import { errorTable } from '#domain/error-codes.ts';
import { asEscrowError, ConnectionError, type EscrowError } from '#domain/errors.ts';
import { explain, printable, sentence } from '#domain/plain-words.ts';
import { exitStatus, type Output } from './output.ts';
import { explainProblem, ServerProblem } from './server/problem.ts';

/** Says an error: what is wrong, what to do, its code; and each field at fault, where there are several. */
export function say(output: Output, thrown: unknown): void {
  const error = asEscrowError(thrown);
  output.message(`escrow: ${error instanceof ServerProblem ? explainProblem(error) : explainHere(error)}`);
}

function explainHere(error: EscrowError): string {
  const { issues = [] } = error.details;
  const lines = issues.map(({ field, why, next }) => printable(`  ${field}: ${sentence(why)} ${next}`));
  return [explain(error), ...(issues.length > 1 ? lines : [])].join('\n');
}

/** Codes that a sign-in, or another person, could do away with. */
const accessCodes: readonly string[] = [
  'sign-in-required',
  'token-invalid',
  'fresh-sign-in-required',
  'not-permitted',
];

/** The exit status that an error ends a command with. */
export function statusOf(thrown: unknown): number {
  const error = asEscrowError(thrown);
  const fromServer = error instanceof ServerProblem;
  if (error.code === 'usage' && !fromServer) return exitStatus.usage;
  if (accessCodes.includes(error.code)) return exitStatus.access;
  const mayPass = fromServer
    ? errorTable[error.code].retry
    : error instanceof ConnectionError && error.retryable;
  return mayPass ? exitStatus.later : exitStatus.no;
}
