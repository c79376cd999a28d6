import { Secret } from '#domain/secret.ts';
import { challengeKey } from '../challenge.ts';
import type { Handle } from '../cryptoki.ts';
import { providerError } from '../errors.ts';
import { initializeToken } from '../initialize-token.ts';
import { listKeys } from '../list-keys.ts';
import { openModule, type TokenModule } from '../module.ts';
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
    return work.finally(() => {
      pin.erase();
      soPin.erase();
    });
  },
  listKeys: (place, pin) => loggedIn(place, pin, async (token) => listKeys(token)),
  challenge: (place, pin, id) =>
    loggedIn(place, pin, (token, slot) =>
      challengeKey(token, id, new Set(token.cryptoki.C_GetMechanismList(slot))),
    ),
  probe: (place, pin) => loggedIn(place, pin, probeToken),
};

async function withLibrary<T>(file: string, work: (module: TokenModule) => Promise<T>): Promise<T> {
  // The variables that it reads were set when this process was started.
  const module = await openModule(file, {});
  try {
    return await work(module);
  } catch (error) {
    throw providerError(error);
  } finally {
    module.release();
  }
}

function loggedIn<T>(
  { module, token }: TokenPlace,
  pinBytes: Uint8Array,
  work: (token: TokenSession, slot: Handle) => Promise<T>,
): Promise<T> {
  const pin = new Secret(pinBytes);
  const done = withLibrary(module, async ({ cryptoki }) => {
    const slot = findSlot(cryptoki, token);
    const session = openSession(cryptoki, slot);
    try {
      login(cryptoki, slot, session, pin);
      return await work({ cryptoki, session }, slot);
    } finally {
      cryptoki.C_CloseSession(session);
    }
  });
  return done.finally(() => pin.erase());
}
