import type { PinSource } from '#adapters/pkcs11/pin-source.ts';
import type { TokenFacts } from '#adapters/pkcs11/slots.ts';
import { EscrowError, SetUpError } from '#domain/errors.ts';
import { printable } from '#domain/plain-words.ts';
import { Secret } from '#domain/secret.ts';
import { ArgumentsError } from '../command.ts';
import type { Output } from '../output.ts';
import { askSecret, canAsk } from '../terminal/prompt.ts';
import { readNewSecret } from '../terminal/read-secret.ts';

/** A PIN to be used once or more, and what is done when it is used no more. */
export interface HeldPin {
  source: PinSource;
  erase(): void;
}

/**
 * The source that an option names.
 * @param option as in `--pin`
 * @throws ArgumentsError for what is no reference, which may be a PIN: it is not repeated
 */
export async function namedPin(option: string, reference: string): Promise<HeldPin> {
  const { pinSource, pinSourceForms } = await import('#adapters/pkcs11/pin-source.ts');
  try {
    return { source: asOption(option, pinSource(reference)), erase: () => {} };
  } catch (cause) {
    throw new ArgumentsError({
      field: option,
      why: 'it does not say where the PIN is',
      next: `Name it as ${pinSourceForms}. A PIN never stands on the command line: others can read it there.`,
      cause,
    });
  }
}

const unreached = 'Make sure that where the PIN is can be reached from here, then run the same again.';

/** What is wrong with a source is told by the option that named it. */
function asOption(option: string, source: PinSource): PinSource {
  return async () => {
    try {
      return await source();
    } catch (error) {
      if (!(error instanceof EscrowError)) throw error;
      const next = error.retryable ? unreached : 'Correct it, then run the same again.';
      throw new EscrowError(error.code, { next, ...error.details, field: option });
    }
  };
}

/**
 * The PIN of a token, typed once at a prompt that shows nothing.
 * @throws SetUpError `usage` if there is nobody to ask, or nothing was typed; Interrupted
 */
export async function typedPin(label: string): Promise<HeldPin> {
  checkCanAsk('--pin');
  return held(entered(await askSecret(`PIN of the token ${printable(label)}: `)));
}

/**
 * A new PIN, typed twice at a prompt that shows nothing.
 * @param what as in `new PIN of its security officer`
 * @throws SetUpError `usage` if there is nobody to ask, nothing was typed, or the two differ; Interrupted
 */
export async function newTypedPin(what: string, option: string, output: Output): Promise<HeldPin> {
  checkCanAsk(option);
  return held(entered(await readNewSecret(what, undefined, output)));
}

function checkCanAsk(option: string): void {
  if (canAsk()) return;
  throw new SetUpError('usage', {
    why: 'There is no terminal to ask for the PIN on.',
    next: `Say where it is, as in ${option} file:PATH.`,
  });
}

/** Just Enter is a slip: sent to a token, it would cost a try. */
function entered(pin: Secret): Secret {
  if (pin.bytes().length > 0) return pin;
  throw new SetUpError('usage', {
    why: 'No PIN was entered, and none was tried.',
    next: 'Run the same again.',
  });
}

/**
 * Reads a new PIN, once, and checks that the token takes one of its length.
 * @param length in bytes
 * @returns the PIN as it was read
 * @throws SetUpError `usage` if it is too short or too long; what its source throws
 */
export async function fittingPin(
  { source, erase }: HeldPin,
  option: string,
  { least, most = Number.POSITIVE_INFINITY }: TokenFacts['pinLength'],
): Promise<HeldPin> {
  const pin = await source().finally(erase);
  const { length } = pin.bytes();
  if (length >= least && length <= most) return held(pin);
  pin.erase();
  const range = most === Number.POSITIVE_INFINITY ? `${least} bytes or more` : `${least} to ${most} bytes`;
  throw new SetUpError('usage', {
    field: option,
    why: `must be of ${range} on this token`,
    next: 'Choose another PIN, then run the same again.',
  });
}

/** Whoever is given a PIN erases it, so each gets a copy. */
function held(pin: Secret): HeldPin {
  return { source: async () => new Secret(Uint8Array.from(pin.bytes())), erase: () => pin.erase() };
}
