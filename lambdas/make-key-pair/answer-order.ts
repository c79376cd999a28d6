import { type KeyPairReply, keyPairOrderSchema } from '#contract/key-pair-order.ts';
import { parse } from '#contract/parse.ts';
import type { Purpose } from '#domain/purpose.ts';
import { Secret } from '#domain/secret.ts';
import type { Dependencies } from '#steps/dependencies.ts';
import type { KeyPairNeeds } from '#steps/make-key-pair.ts';
import { makeKeyPairWithPassword } from './make-key-pair-with-password.ts';

/**
 * Makes the key pair that another function orders, and erases the password that came with the order.
 * @param only the purpose whose keys are made here
 * @throws InputError `invalid-input` if it is no order; and as `makeKeyPairWithPassword`
 */
export async function answerOrder(
  needs: KeyPairNeeds & Pick<Dependencies, 'policy' | 'ledger'>,
  order: unknown,
  only: Purpose,
): Promise<KeyPairReply> {
  const { organization, enrollmentId: id, ...rest } = parse(keyPairOrderSchema, order);
  const password = new Secret(Uint8Array.from(Buffer.from(rest.password, 'base64')));
  try {
    const enrollment = { organization, id, purpose: rest.purpose };
    await makeKeyPairWithPassword(needs, { ...rest, enrollment, password }, only);
    return { made: true };
  } finally {
    password.erase();
  }
}
