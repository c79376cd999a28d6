import { keyMakingPace, openKeyMaking } from '#wiring/key-making.ts';
import { queueFunction } from '#wiring/queue-function.ts';
import { openVault } from '#wiring/vault.ts';
import { makeKeyPairOfAccepted } from './make-key-pair.ts';

/** Makes the encryption key pairs that need nobody's password, on AWS Lambda. */
export const handler = await queueFunction(
  ['make-encryption-key-pair'],
  async (opening) => {
    const { purpose, ...making } = await openKeyMaking(opening, openVault(opening));
    return (event) => makeKeyPairOfAccepted({ ...opening, ...making }, event, purpose);
  },
  keyMakingPace,
);
