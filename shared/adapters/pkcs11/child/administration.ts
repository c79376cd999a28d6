import { Secret } from '#domain/secret.ts';
import { readMechanisms } from '../capabilities.ts';
import { challengeKey } from '../challenge.ts';
import type { Handle } from '../cryptoki.ts';
import { initializeToken } from '../initialize-token.ts';
import { listKeys } from '../list-keys.ts';
import { openModule } from '../module.ts';
import type { TokenSession } from '../operations.ts';
import { probeToken } from '../probe.ts';
import { libraryFacts, slotFacts } from '../slots.ts';
import { findSlot, login, openSession } from '../token.ts';
import type { Args, Result, TokenPlace } from './calls.ts';

type Administration = 'listSlots' | 'initialize' | 'listKeys' | 'challenge' | 'probe';

/** What administrators ask of a token: each call opens the library, and lets go of it. */
export const administration: {
  readonly [C in Administration]: (...args: Args<C>) => Promise<Result<C>>;
} = {
  listSlots: (module) =>
    withLibrary(module, async ({ cryptoki }) => ({
      library: libraryFacts(cryptoki),
      slots: slotFacts(cryptoki),
    })),
  initialize: (module, { pin: pinBytes, soPin: soPinBytes, ...which }) => {
    const [pin, soPin] = [new Secret(pinBytes), new Secret(soPinBytes)];
    const work = withLibrary(module, async ({ cryptoki }) =>
      initializeToken(cryptoki, { ...which, pin, soPin }),
    );
    return work.finally(() => [pin, soPin].forEach((secret) => secret.erase()));
  },
  listKeys: (place, pin) => loggedIn(place, pin, async (token) => listKeys(token)),
  challenge: (place, pin, id) =>
    loggedIn(place, pin, (token, slot) => challengeKey(token, id, readMechanisms(token.cryptoki, slot))),
  probe: (place, pin) => loggedIn(place, pin, (token, slot) => probeToken(token.cryptoki, slot)),
};
