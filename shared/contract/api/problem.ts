import * as v from 'valibot';
import { errorTable } from '#domain/error-codes.ts';
import type { EscrowError } from '#domain/errors.ts';
import { capital, sentence } from '#domain/plain-words.ts';
import { errorCode } from './fields.ts';
import { statusOf } from './status.ts';

/** Names the type of a problem; the code stands at its end (RFC 9457 section 3.1.1). */
export const problemTypePrefix = 'urn:enrollment-key-escrow:error:';

/** A problem document (RFC 9457), with members of our own: a stable code, the next step, and each field at fault. */
export const problemSchema = v.object({
  type: v.pipe(v.string(), v.startsWith(problemTypePrefix)),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  code: errorCode,
  /** What to do next. */
  next: v.string(),
  /** Names this one occurrence, for whoever is asked about it. */
  requestId: v.string(),
  /** Whether the same request may succeed later, unchanged. */
  retryable: v.boolean(),
  issues: v.optional(v.array(v.object({ field: v.string(), why: v.string(), next: v.string() }))),
  contact: v.optional(v.string()),
  rules: v.optional(v.array(v.string())),
});
export type Problem = v.InferOutput<typeof problemSchema>;

/** The problem document of an error (RFC 9457). It says what the error says, never its cause. */
export function problemOf(error: EscrowError, requestId: string): Problem {
  const { code, next, retryable, details } = error;
  const known = errorTable[code];
  // What failed inside is nobody's business outside; the log has it.
  const told = code === 'internal' ? known.meaning : error.message;
  return {
    type: `${problemTypePrefix}${code}`,
    title: known.meaning,
    status: statusOf(code),
    detail: sentence(details.field === undefined ? capital(told) : told),
    code,
    next: code === 'internal' ? known.next : sentence(capital(next)),
    requestId,
    retryable,
    ...(details.issues !== undefined && { issues: details.issues.map((issue) => ({ ...issue })) }),
    ...(details.contact !== undefined && { contact: details.contact }),
    ...(details.rules !== undefined && { rules: [...details.rules] }),
  };
}
