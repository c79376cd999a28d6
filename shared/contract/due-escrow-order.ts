import * as v from 'valibot';

const text = v.pipe(v.string(), v.nonEmpty(), v.maxLength(256));
/** In base64, since it is no text. */
const secret = v.pipe(v.string(), v.nonEmpty(), v.base64(), v.maxLength(32_768));

/**
 * What a function that opens a subscriber's lock hands to the one that makes the escrow that is due. It holds what opens the key, so it
 * goes from one to the other and nowhere else: no queue, no log. The reply is that to an order of a key pair.
 */
export const dueEscrowOrderSchema = v.strictObject({
  organization: text,
  enrollmentId: text,
  unlocking: v.union([
    v.strictObject({ password: secret }),
    v.strictObject({ wrappedKey: secret }),
    v.strictObject({ held: v.literal(true) }),
  ]),
  authTime: v.optional(v.pipe(v.number(), v.minValue(0))),
  requestId: text,
});
export type DueEscrowOrder = v.InferOutput<typeof dueEscrowOrderSchema>;

/** Whether an order is for an escrow: no other names what opens a key. */
export function isDueEscrowOrder(order: unknown): boolean {
  return typeof order === 'object' && order !== null && 'unlocking' in order;
}
