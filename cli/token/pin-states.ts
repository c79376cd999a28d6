import type { PinState, SlotFacts, TokenFacts } from '#adapters/pkcs11/slots.ts';
import { sentence } from '#domain/plain-words.ts';

/** What is wrong with the PIN of a token, and what to do about it. */
interface PinTrouble {
  /** In a table. */
  short: string;
  why: string;
  next: string;
}

/** `none`: the token has no user PIN yet. */
export const pinStates: Readonly<Record<Exclude<PinState, 'ok'> | 'none', PinTrouble>> = {
  none: {
    short: 'none yet',
    why: 'the token has no user PIN yet',
    next: "If its initialization was broken off, escrow token init with its label goes on; else its security officer sets one by the vendor's own tool.",
  },
  'few-tries-left': {
    short: 'FEW TRIES LEFT',
    why: 'wrong PINs were tried, and few tries are left before the token locks',
    next: 'Make sure of the PIN before it is tried again; the right one sets the count back.',
  },
  'final-try': {
    short: 'LAST TRY',
    why: 'one more wrong PIN locks the token, so none is tried here',
    next: "Log in to it once by its vendor's own tool: the right PIN sets the count back.",
  },
  locked: {
    short: 'LOCKED',
    why: 'wrong PINs have locked the token',
    next: "Its security officer unlocks it, or sets a new PIN, by the vendor's own tool. Its keys are not lost by that.",
  },
};

/** The state of a token's PIN, as a table shows it. */
export function pinInShort(token: TokenFacts): string {
  if (!token.initialized) return '';
  if (!token.pinInitialized) return pinStates.none.short;
  return token.pinState === 'ok' ? 'ok' : pinStates[token.pinState].short;
}

/** A slot as JSON tells it: a PIN that is not there has no state. */
export function slotWithPins({ token, ...slot }: SlotFacts) {
  if (token === undefined) return slot;
  const pinState = token.pinInitialized ? token.pinState : null;
  return { ...slot, token: { ...token, pinState, soPinState: token.initialized ? token.soPinState : null } };
}

/** What a person should know of the PINs of a token, in sentences. */
export function pinTroubles(token: TokenFacts): string[] {
  if (!token.initialized) return [];
  const own = token.pinInitialized ? token.pinState : 'none';
  const { soPinState } = token;
  return [
    ...(own === 'ok' ? [] : [`${token.label}: ${sentence(pinStates[own].why)} ${pinStates[own].next}`]),
    ...(soPinState === 'ok'
      ? []
      : [`${token.label}, PIN of the security officer: ${sentence(pinStates[soPinState].why)}`]),
  ];
}
