import * as v from 'valibot';
import { problemSchema } from '#contract/api/problem.ts';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import { ConnectionError, EscrowError } from '#domain/errors.ts';
import { capital, printable, sentence } from '#domain/plain-words.ts';

/** As the service writes it; a later version of it may know codes that this one does not. */
const anyProblem = v.object({
  ...problemSchema.entries,
  code: v.pipe(v.string(), v.regex(/^[a-z-]{1,64}$/)),
});
type AnyProblem = v.InferOutput<typeof anyProblem>;

/** A refusal of the server, with all that it said of it. */
export class ServerProblem extends EscrowError {
  readonly problem: AnyProblem;

  constructor(problem: AnyProblem) {
    const { code, detail, next, contact, rules } = problem;
    super(isCode(code) ? code : 'answer-unknown', {
      why: detail,
      next: nextStep(code, next),
      ...(contact !== undefined && { contact }),
      ...(rules !== undefined && { rules }),
    });
    this.problem = problem;
  }
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

/** What this program can do about it, where the server can only say it in general. */
const ownSteps: Readonly<Partial<Record<ErrorCode, string>>> = {
  'sign-in-required': 'Sign in first: escrow login',
  'token-invalid': 'Sign in again: escrow login',
  'fresh-sign-in-required': 'Sign in anew, then run the same again: escrow login --fresh',
  'enrollment-locked': 'Sign in anew, then try once more: escrow login --fresh',
};

function nextStep(code: string, next: string): string {
  return (isCode(code) ? ownSteps[code] : undefined) ?? next;
}

/**
 * What a refused request's answer means: the problem that it names, or, where it names none, what its status says.
 * @param body as it came; it may be anybody's
 */
export function problemOf(status: number, body: unknown): EscrowError {
  const parsed = v.safeParse(anyProblem, body);
  if (parsed.success) return new ServerProblem(parsed.output);
  if (status === 502 || status === 503 || status === 504) {
    return new ConnectionError('server-unreachable', {
      why: `What stands before the server answered for it (HTTP ${status}).`,
      next: 'Try again in a while; if it stays so, tell the operator.',
    });
  }
  return new ConnectionError('answer-unknown', {
    why: `The answer is not of this service (HTTP ${status}).`,
    next: 'Check that --server is the address of the service itself.',
  });
}

/** An error on one line or more: what is wrong, what to do, its code; each field at fault; the request's id. */
export function explainProblem({ problem, message, next }: ServerProblem): string {
  const { code, issues = [], contact, requestId } = problem;
  const several = issues.length > 1 ? issues : [];
  const lines = [
    // A field is named as it is written; a sentence begins with a capital letter.
    `${sentence(/^[\w.[\]-]+: /.test(message) ? message : capital(message))} ${sentence(next)} (${code})`,
    ...several.map(({ field, why, next: step }) => `  ${field}: ${sentence(why)} ${step}`),
    ...(contact === undefined || `${message} ${next}`.includes(contact) ? [] : [`  ask: ${contact}`]),
    ...(worthTelling(problem) ? [`  request: ${requestId}`] : []),
  ];
  return lines.map(printable).join('\n');
}

/** An operator asks for the request's id where the fault may be the service's. */
function worthTelling({ status }: AnyProblem): boolean {
  return status >= 500;
}
