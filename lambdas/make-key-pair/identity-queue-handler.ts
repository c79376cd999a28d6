import { keyMakingPace, openKeyMaking } from '#wiring/key-making.ts';
import { noVault } from '#wiring/no-vault.ts';
import { queueFunction } from '#wiring/queue-function.ts';
import { makeKeyPairOfAccepted } from './make-key-pair.ts';

/** Makes the identity key pairs that need nobody's password, on AWS Lambda. */
export const handler = await queueFunction(
  ['make-identity-key-pair'],
  async (opening) => {
    const { purpose, ...making } = await openKeyMaking(opening, noVault);
    return (event) => makeKeyPairOfAccepted({ ...opening, ...making }, event, purpose);
  },
  keyMakingPace,
);
