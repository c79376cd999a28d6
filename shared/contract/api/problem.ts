import * as v from 'valibot';
import { errorCode } from './fields.ts';

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
