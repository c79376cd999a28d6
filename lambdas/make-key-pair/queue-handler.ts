import { openKeyMaking } from '#wiring/key-making.ts';
import { queueFunction } from '#wiring/queue-function.ts';
import { makeKeyPairOfAccepted } from './make-key-pair.ts';

const names = ['make-identity-key-pair', 'make-encryption-key-pair'] as const;

/** Makes the key pairs that need nobody's password, on AWS Lambda: one function a purpose. */
export const handler = await queueFunction(
  names,
  async (opening) => {
    const { purpose, ...making } = await openKeyMaking(opening);
    const needs = { ...opening, ...making };
    return (event) => makeKeyPairOfAccepted(needs, event, purpose);
  },
  // Making a key keeps a core busy.
  { lanes: 2, needsSeconds: 20 },
);
