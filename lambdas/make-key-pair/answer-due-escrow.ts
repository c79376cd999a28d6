import { type DueEscrowOrder, dueEscrowOrderSchema } from '#contract/due-escrow-order.ts';
import type { KeyPairReply } from '#contract/key-pair-order.ts';
import { parse } from '#contract/parse.ts';
import { Secret } from '#domain/secret.ts';
import type { Unlocking } from '#domain/unlocking.ts';
import { type DueEscrowNeeds, makeDueEscrow } from '#steps/make-due-escrow.ts';

/**
 * Makes the escrow that another function orders, and erases what came with the order to open the key. That the subscriber signed in, and
 * when, is the caller's word; whether escrow is due, of an encryption key, and whether what came opens it, is looked up and tried here.
 * @throws InputError `invalid-input` if it is no order; and as `makeDueEscrow`
 */
export async function answerDueEscrow(needs: DueEscrowNeeds, order: unknown): Promise<KeyPairReply> {
  const { organization, enrollmentId: id, authTime, requestId, ...rest } = parse(dueEscrowOrderSchema, order);
  const unlocking = unlockingOf(rest.unlocking);
  try {
    await makeDueEscrow(needs, { enrollment: { organization, id }, unlocking, authTime, requestId });
    return { made: true };
  } finally {
    if ('password' in unlocking) unlocking.password.erase();
    if ('wrappedKey' in unlocking) unlocking.wrappedKey.fill(0);
  }
}

function unlockingOf(unlocking: DueEscrowOrder['unlocking']): Unlocking {
  if ('password' in unlocking) return { password: new Secret(bytesOf(unlocking.password)) };
  return 'wrappedKey' in unlocking ? { wrappedKey: bytesOf(unlocking.wrappedKey) } : unlocking;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(base64, 'base64'));
}
