import type { SlotFacts, TokenFacts } from '#adapters/pkcs11/slots.ts';
import type { TokenName } from '#adapters/pkcs11/token.ts';
import { ProviderError, SetUpError } from '#domain/errors.ts';
import { ArgumentsError } from '../command.ts';
import { pinStates } from './pin-states.ts';

/** A slot with an initialized token. */
export interface ChosenToken {
  slot: SlotFacts;
  token: TokenFacts;
  /** What it is found by: its label, or its serial number where another has the same label. */
  name: TokenName;
}

/**
 * The token that was meant: by its label or its serial number, or the only one of the library.
 * @throws ArgumentsError for both; SetUpError `usage` if there is none, or not only one
 */
export function chooseToken(
  slots: readonly SlotFacts[],
  { token: label, serial }: { token?: string | undefined; serial?: string | undefined },
): ChosenToken {
  if (label !== undefined && serial !== undefined) {
    throw new ArgumentsError({ why: '--token and --serial are two names of a token: choose one.' });
  }
  const all = initialized(slots);
  const meant = all.filter(
    ({ token }) =>
      (label === undefined || token.label === label) && (serial === undefined || token.serial === serial),
  );
  const [chosen, another] = meant;
  const field = serial === undefined ? '--token' : '--serial';
  if (chosen === undefined) throw noSuchToken(field, all);
  if (another !== undefined) throw severalTokens(label, meant);
  const alone = all.filter(({ token }) => token.label === chosen.token.label).length === 1;
  const name = alone ? { label: chosen.token.label } : { serial: chosen.token.serial };
  return { ...chosen, name };
}

type Initialized = Pick<ChosenToken, 'slot' | 'token'>;

function initialized(slots: readonly SlotFacts[]): Initialized[] {
  return slots.flatMap((slot) => (slot.token?.initialized === true ? [{ slot, token: slot.token }] : []));
}

function noSuchToken(field: string, all: readonly Initialized[]): SetUpError {
  if (all.length > 0) {
    return new SetUpError('usage', {
      field,
      why: 'the library has no such token',
      next: `It has ${listed(all)}.`,
    });
  }
  return new SetUpError('usage', {
    why: 'The library has no token that is initialized.',
    next: 'See its slots by escrow token list; escrow token init makes a token of a blank one. SoftHSM looks where the file says that SOFTHSM2_CONF names; --data DIR names the data folder of a service.',
  });
}

function severalTokens(label: string | undefined, meant: readonly Initialized[]): SetUpError {
  return new SetUpError('usage', {
    field: '--token',
    why: label === undefined ? 'the library has several tokens' : 'several tokens have this label',
    next: `Name one${label === undefined ? '' : ' by --serial'}: ${listed(meant)}.`,
  });
}

function listed(tokens: readonly Initialized[]): string {
  return tokens.map(({ token }) => `${token.label} (serial ${token.serial})`).join(', ');
}

/** A token in a few words, as a heading names it. */
export function tokenInWords({ label, model, serial, firmware }: TokenFacts): string {
  return `${label} (${model}, serial ${serial}, firmware ${firmware})`;
}

/**
 * Looks whether a PIN may be tried at all, before it is asked for.
 * @throws ProviderError `provider-misconfigured` if there is none, it is locked, or one wrong try away from it
 */
export function checkPinState({ pinInitialized, pinState }: TokenFacts): void {
  const state = pinInitialized ? pinState : 'none';
  if (state === 'ok' || state === 'few-tries-left') return;
  const { why, next } = pinStates[state];
  throw new ProviderError('provider-misconfigured', { field: '--pin', why, next });
}
