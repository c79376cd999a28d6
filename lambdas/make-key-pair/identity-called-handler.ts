import type { KeyPairReply } from '#contract/key-pair-order.ts';
import { calledFunction } from '#wiring/called-function.ts';
import { openKeyMaking } from '#wiring/key-making.ts';
import { noVault } from '#wiring/no-vault.ts';
import { openPolicy } from '#wiring/policy.ts';
import { answerOrder } from './answer-order.ts';

/** Makes the identity key pair of an enrollment under the password that was just set, on AWS Lambda. */
export const handler = await calledFunction<KeyPairReply>(
  ['make-identity-key-pair-with-password'],
  async (opening) => {
    const { purpose, ...making } = await openKeyMaking(opening, noVault);
    const needs = {
      ...opening,
      ...making,
      policy: await openPolicy(opening, making.registry, making.documents),
    };
    return (order) => answerOrder(needs, order, purpose);
  },
);
