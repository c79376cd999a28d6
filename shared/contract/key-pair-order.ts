import * as v from 'valibot';
import { groupLimits } from '#domain/principal.ts';
import { purposes } from '#domain/purpose.ts';

const text = v.pipe(v.string(), v.nonEmpty(), v.maxLength(256));
const group = v.pipe(v.string(), v.nonEmpty(), v.maxLength(groupLimits.characters));
const words = v.pipe(v.string(), v.maxLength(1_024));

/**
 * What the function that takes a password hands to the one that makes the key pair under it. It holds the password, so it goes
 * from one to the other and nowhere else: no queue, no log.
 */
export const keyPairOrderSchema = v.strictObject({
  organization: text,
  enrollmentId: text,
  purpose: v.picklist(purposes),
  /** In base64, as UTF-8. */
  password: v.pipe(v.string(), v.nonEmpty(), v.base64(), v.maxLength(4_096)),
  setBy: v.optional(text),
  authTime: v.optional(v.pipe(v.number(), v.minValue(0))),
  groups: v.optional(v.pipe(v.array(group), v.maxLength(groupLimits.groups))),
  requestId: text,
});
export type KeyPairOrder = v.InferOutput<typeof keyPairOrderSchema>;

/** What comes back: that the key pair stands; or the error, as far as a caller may know of it. */
export const keyPairReplySchema = v.union([
  v.object({ made: v.literal(true) }),
  v.object({
    error: v.object({
      code: v.string(),
      field: v.optional(words),
      why: v.optional(words),
      next: v.optional(words),
      contact: v.optional(words),
      rules: v.optional(v.array(words)),
      issues: v.optional(v.array(v.object({ field: words, why: words, next: words }))),
      retryAfterSeconds: v.optional(v.number()),
    }),
  }),
]);
export type KeyPairReply = v.InferOutput<typeof keyPairReplySchema>;
