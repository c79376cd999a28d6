import { type ErrorDetails, EscrowError } from '#domain/errors.ts';
import { capital } from '#domain/plain-words.ts';

/** The options that say what an error names otherwise. */
const optionOf: Readonly<Record<string, string>> = {
  pin: '--pin',
  soPin: '--so-pin',
  module: '--module',
  folder: '--data',
  label: '--label',
  slot: '--slot',
  token: '--token',
};

/**
 * Has what went wrong with a token told in the words of the command line: by its options, with what the token itself
 * answered, and with what a person at a prompt can do about it.
 * @param pin the option of the PIN that is tried
 * @throws EscrowError of the same code
 */
export async function inOurWords<T>(work: () => Promise<T> | T, pin = '--pin'): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof EscrowError ? await translated(error, pin) : error;
  }
}

async function translated({ code, details }: EscrowError, pin: string): Promise<EscrowError> {
  const { returnValueOf } = await import('#adapters/pkcs11/errors.ts');
  const answer = returnValueOf(details.cause);
  const field = details.field === undefined ? {} : { field: optionOf[details.field] ?? details.field };
  const own = { next: 'Correct it, then run the same again.', ...details, ...field };
  if (answer?.startsWith('CKR_PIN_')) {
    return new EscrowError(code, { ...own, ...pinRefused(answer, pin) });
  }
  // Where a PIN is has nothing to do with the token: what cannot be had there has advice of its own.
  const isOfSource = own.field === '--pin' || own.field === '--so-pin';
  if (code !== 'provider-unavailable' || isOfSource) return new EscrowError(code, own);
  const why = details.why ?? "the token's library did not do as it was asked";
  return new EscrowError(code, {
    ...own,
    why: capital(answer === undefined ? why : `${why} (${answer})`),
    next: "Look at the token, and at the settings that its library reads (of SoftHSM, those that SOFTHSM2_CONF names), then run the same again. If it stays so, ask the token's vendor.",
  });
}

/**
 * Only a PIN that was tried is known to be the one of the option; another may be either of a new token.
 * How an expired one is changed, the error says itself.
 */
function pinRefused(answer: string, pin: string): ErrorDetails {
  if (answer === 'CKR_PIN_EXPIRED') return { field: pin };
  if (!/INCORRECT|LOCKED/.test(answer)) return { next: `Choose another PIN (${answer}).` };
  return {
    field: pin,
    why: `the token refused the PIN, which was tried once (${answer})`,
    next: 'Make sure of it before it is tried again: tokens lock after some wrong ones.',
  };
}
