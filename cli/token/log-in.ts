import type { TokenLogin } from '#adapters/pkcs11/token-administration.ts';
import { printable } from '#domain/plain-words.ts';
import type { Context } from '../command.ts';
import { slotsOf } from './ask-token.ts';
import { type ChosenToken, checkPinState, chooseToken, tokenInWords } from './choose-token.ts';
import { libraryOf } from './library.ts';
import type { TokenValues } from './options.ts';
import { type HeldPin, namedPin, typedPin } from './pin.ts';
import { pinStates } from './pin-states.ts';

/** A token, and all that is needed to log in to it. */
export interface OpenedToken extends Pick<ChosenToken, 'slot' | 'token'> {
  login: TokenLogin;
}

/**
 * Finds the token that was meant, and its PIN, which is asked for only when the token is there and may take it. Then works
 * with it. The PIN is tried once for each question that the work asks; a refused one ends the work.
 * @throws ArgumentsError; SetUpError `usage`; ProviderError `provider-misconfigured`, `provider-unavailable`; what the work throws
 */
export async function withToken<T>(
  values: TokenValues,
  context: Context,
  work: (opened: OpenedToken) => Promise<T>,
): Promise<T> {
  const named = values.pin === undefined ? undefined : await namedPin('--pin', values.pin);
  const library = await libraryOf(values, context);
  const { slots } = await slotsOf(library);
  const { slot, token, name } = chooseToken(slots, values);
  if (values.token === undefined && values.serial === undefined) {
    context.output.message(printable(`Token: ${tokenInWords(token)}, the only one`));
  }
  checkPinState(token);
  if (token.pinState === 'few-tries-left') {
    const { why, next } = pinStates['few-tries-left'];
    context.output.message(`escrow: ${why}. ${next}`);
  }
  const pin = named ?? (await otherPin(library.pin, token.label));
  const { module, environment } = library;
  const place = { module, token: name, ...(environment !== undefined && { environment }) };
  try {
    return await work({ slot, token, login: { ...place, pin: pin.source } });
  } finally {
    pin.erase();
  }
}

/** That which stands in the data folder, else one that is typed. */
function otherPin(reference: string | undefined, label: string): Promise<HeldPin> {
  return reference === undefined ? typedPin(label) : namedPin('--pin', reference);
}
