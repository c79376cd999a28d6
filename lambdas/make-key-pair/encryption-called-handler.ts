import { isDueEscrowOrder } from '#contract/due-escrow-order.ts';
import type { KeyPairReply } from '#contract/key-pair-order.ts';
import { calledFunction } from '#wiring/called-function.ts';
import { openKeyMaking } from '#wiring/key-making.ts';
import { openPolicy } from '#wiring/policy.ts';
import { openVault } from '#wiring/vault.ts';
import { answerDueEscrow } from './answer-due-escrow.ts';
import { answerOrder } from './answer-order.ts';

/**
 * Makes the encryption key pair of an enrollment under the password that was just set, or the escrow of one that became due, on AWS
 * Lambda.
 */
export const handler = await calledFunction<KeyPairReply>(
  ['make-encryption-key-pair-with-password'],
  async (opening) => {
    const { purpose, ...making } = await openKeyMaking(opening, openVault(opening));
    const needs = {
      ...opening,
      ...making,
      policy: await openPolicy(opening, making.registry, making.documents),
    };
    return (order) =>
      isDueEscrowOrder(order) ? answerDueEscrow(needs, order) : answerOrder(needs, order, purpose);
  },
);
