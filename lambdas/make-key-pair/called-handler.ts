import { settingsPolicy } from '#adapters/settings-policy/settings-policy.ts';
import { type KeyPairReply, keyPairOrderSchema } from '#contract/key-pair-order.ts';
import { parse } from '#contract/parse.ts';
import { Secret } from '#domain/secret.ts';
import { calledFunction } from '#wiring/called-function.ts';
import { openKeyMaking } from '#wiring/key-making.ts';
import { makeKeyPairWithPassword } from './make-key-pair-with-password.ts';

const names = ['make-identity-key-pair-with-password', 'make-encryption-key-pair-with-password'] as const;

/** Makes the key pair of an enrollment under the password that was just set, on AWS Lambda: one function a purpose. */
export const handler = await calledFunction<KeyPairReply>(names, async (opening) => {
  const { purpose, ...making } = await openKeyMaking(opening);
  const needs = { ...opening, ...making, policy: settingsPolicy(making.registry) };
  return async (order) => {
    const { organization, enrollmentId: id, ...rest } = parse(keyPairOrderSchema, order);
    const password = new Secret(Uint8Array.from(Buffer.from(rest.password, 'base64')));
    try {
      const enrollment = { organization, id, purpose: rest.purpose };
      await makeKeyPairWithPassword(needs, { ...rest, enrollment, password }, purpose);
      return { made: true };
    } finally {
      password.erase();
    }
  };
});
