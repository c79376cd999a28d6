import { askPin } from './ask-pin.ts';
import type { ChallengeAnswer } from './challenge.ts';
import type { LibraryAndSlots, PlainInitialization, TokenPlace } from './child/calls.ts';
import { ChildLink, usualHang } from './child-link.ts';
import type { KeyFacts } from './list-keys.ts';
import type { PinSource } from './pin-source.ts';
import type { ProbeReport } from './probe.ts';
import type { SlotFacts } from './slots.ts';

/** A token library to be looked at, in a process of its own for each question: what crashes it takes nobody along. */
export interface TokenLibrary {
  /** Path of the PKCS#11 library. */
  module: string;
  /** Variables that the library reads when it is initialized, such as SOFTHSM2_CONF. */
  environment?: Readonly<Record<string, string>>;
}

/** A token to log in to, once. */
export interface TokenLogin extends TokenLibrary, TokenPlace {
  pin: PinSource;
}

/** What a blank token is to become. */
export interface NewToken {
  /** The number of its slot in decimal digits; the first slot with a blank token if not given. */
  slot?: string;
  label: string;
  /** The user PIN that it gets. */
  pin: PinSource;
  /** The PIN that its security officer gets. */
  soPin: PinSource;
}

/**
 * What a library says of itself and of its slots.
 * @throws ProviderError `provider-misconfigured` if there is no such library; `provider-unavailable`
 */
export function listSlots(library: TokenLibrary): Promise<LibraryAndSlots> {
  return withLink(library, (link) => link.call('listSlots', [library.module]));
}

/**
 * Initializes a blank token and gives it a user PIN; one that is initialized already is refused and left as it is.
 * @returns the token as it is then
 * @throws ProviderError as `initializeToken` of the library's process, and what the PIN sources throw
 */
export function initializeBlankToken(library: TokenLibrary, token: NewToken): Promise<SlotFacts> {
  return withPins(token, (plain) =>
    withLink(library, (link) => link.call('initialize', [library.module, plain], plain.pin, plain.soPin)),
  );
}

/**
 * As `initializeBlankToken`, unless a token of that label is there already and has its PIN: that one is left as it is.
 */
export async function ensureToken(library: TokenLibrary, token: NewToken): Promise<void> {
  await withPins(token, (plain) =>
    withLink(library, async (link) => {
      const { slots } = await link.call('listSlots', [library.module]);
      if (slots.some((each) => each.token?.pinInitialized && each.token.label === token.label)) return;
      await link.call('initialize', [library.module, plain], plain.pin, plain.soPin);
    }),
  );
}

/** Asks for both PINs; whatever becomes of it, what was given is erased. */
async function withPins<T>(token: NewToken, work: (plain: PlainInitialization) => Promise<T>): Promise<T> {
  const given: Uint8Array[] = [];
  const ask = async (which: 'pin' | 'soPin') => {
    const pin = await askPin(token[which], usualHang, which);
    given.push(pin);
    return pin;
  };
  try {
    return await work({ ...token, pin: await ask('pin'), soPin: await ask('soPin') });
  } finally {
    for (const pin of given) pin.fill(0);
  }
}

/**
 * The private and secret keys that stand in a token, those of others too.
 * @throws ProviderError `provider-misconfigured` if the library or the token is not there, or the PIN is wrong or empty;
 *   `provider-unavailable`; what the PIN source throws
 */
export async function listTokenKeys(login: TokenLogin): Promise<KeyFacts[]> {
  const pin = await askPin(login.pin, usualHang);
  return await withLink(login, (link) => link.call('listKeys', [placeOf(login), pin], pin));
}

/**
 * Tries to take a key out of the token, as whoever has its PIN could, and tells what the token answered.
 * @param id CKA_ID of the key, in hexadecimal digits
 * @throws ProviderError `key-not-found`, and as `listTokenKeys`
 */
export async function challengeTokenKey(login: TokenLogin, id: string): Promise<ChallengeAnswer[]> {
  const pin = await askPin(login.pin, usualHang);
  return await withLink(login, (link) => link.call('challenge', [placeOf(login), pin, id], pin));
}

/**
 * Looks what a token can do, and tries each of it with keys that are thrown away. It may take minutes on a slow token.
 * @throws ProviderError as `listTokenKeys`
 */
export async function probe(login: TokenLogin): Promise<ProbeReport> {
  const pin = await askPin(login.pin, usualHang);
  return await withLink(login, (link) => link.call('probe', [placeOf(login), pin], pin));
}

function placeOf({ module, token }: TokenLogin): TokenPlace {
  return { module, token };
}

async function withLink<T>({ environment }: TokenLibrary, work: (link: ChildLink) => Promise<T>): Promise<T> {
  const link = new ChildLink({ ...(environment !== undefined && { environment }) });
  try {
    return await work(link);
  } finally {
    await link.close();
  }
}
