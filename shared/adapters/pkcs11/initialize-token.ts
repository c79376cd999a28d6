import { ProviderError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import { flags, users } from './constants.ts';
import type { Cryptoki, Handle, TokenInfo } from './cryptoki.ts';
import { providerError } from './errors.ts';
import { factsOf, type SlotFacts, slotNumber, slotOf, unpadded } from './slots.ts';
import { openSession, slotsOf } from './token.ts';

export interface TokenInitialization {
  /** The slot's number in decimal digits; the first slot with a token that is not initialized, if not given. */
  slot?: string;
  /** At most 32 bytes of UTF-8. */
  label: string;
  /** The user PIN that the token gets. */
  pin: Secret;
  /** The security officer's PIN that the token gets. */
  soPin: Secret;
}

/**
 * Initializes a blank token and gives it a user PIN. A token that is initialized already is never initialized again, which
 * would destroy its keys; only one of that label that has no user PIN yet, as a crash leaves it, gets its PIN.
 * @returns the token as it is then
 * @throws ProviderError `provider-misconfigured` if the label, a PIN or the slot does not do, the token is initialized
 *   already, or the security officer's PIN is wrong; `provider-unavailable`
 */
export function initializeToken(cryptoki: Cryptoki, settings: TokenInitialization): SlotFacts {
  try {
    checkLabel(settings.label);
    const slot = chooseSlot(cryptoki, settings);
    const info = cryptoki.C_GetTokenInfo(slot);
    checkPins(info, settings);
    if ((info.flags & flags.CKF_TOKEN_INITIALIZED) === 0) {
      // A label is padded with blanks to 32 bytes (PKCS#11 2.40 section 5.5, C_InitToken); the binding does not do it.
      const padding = ' '.repeat(32 - Buffer.byteLength(settings.label));
      cryptoki.C_InitToken(slot, settings.soPin.text(), settings.label + padding);
    }
    givePin(cryptoki, slot, settings);
    return factsOf(cryptoki, slot);
  } catch (error) {
    throw providerError(error);
  }
}

/**
 * Checks a token's label.
 * @throws ProviderError `provider-misconfigured`
 */
export function checkLabel(label: string): void {
  if (label !== '' && label === label.trim() && Buffer.byteLength(label) <= 32) return;
  throw misconfigured('label', 'must be of 1 to 32 bytes, without blanks around it');
}

function chooseSlot(cryptoki: Cryptoki, { slot, label }: TokenInitialization): Handle {
  const [unfinished, another] = slotsOf(cryptoki, { label });
  if (unfinished !== undefined) return checkUnfinished(cryptoki, unfinished, another, slot);
  const chosen = slot === undefined ? firstBlank(cryptoki) : slotOf(cryptoki, slot);
  const info = cryptoki.C_GetTokenInfo(chosen);
  if ((info.flags & flags.CKF_TOKEN_INITIALIZED) === 0) return chosen;
  throw misconfigured(
    'slot',
    `holds a token that is initialized already, labelled ${unpadded(info.label)}`,
    "Choose another slot. A token with keys is never initialized again here; if it is to be emptied, use its vendor's own tool.",
  );
}

/** A token that has the label already: it may be given its PIN, if it is alone, in the slot that was named, and has none. */
function checkUnfinished(
  cryptoki: Cryptoki,
  unfinished: Handle,
  another: Handle | undefined,
  slot: string | undefined,
): Handle {
  const hasPin = (cryptoki.C_GetTokenInfo(unfinished).flags & flags.CKF_USER_PIN_INITIALIZED) !== 0;
  const elsewhere = slot !== undefined && slot !== slotNumber(unfinished);
  if (!hasPin && !elsewhere && another === undefined) return unfinished;
  throw misconfigured(
    'label',
    'is that of a token which is initialized already',
    'Use that token, or choose another label.',
  );
}

function firstBlank(cryptoki: Cryptoki): Handle {
  const blank = cryptoki
    .C_GetSlotList(true)
    .find((slot) => (cryptoki.C_GetTokenInfo(slot).flags & flags.CKF_TOKEN_INITIALIZED) === 0);
  if (blank !== undefined) return blank;
  throw misconfigured(
    'slot',
    'is not given, and no slot of this library holds a token that is not initialized',
    "Insert a blank token, or make a partition for it by the vendor's own tool.",
  );
}

/** Both PINs are checked before anything is done: a token that was initialized and refuses its PIN is neither blank nor of use. */
function checkPins(
  { flags: state, minPinLen, maxPinLen }: TokenInfo,
  { pin, soPin }: TokenInitialization,
): void {
  const fits = ({ length }: Uint8Array) =>
    length > 0 && length >= minPinLen && (maxPinLen === 0 || length <= maxPinLen);
  const why = `must be of ${minPinLen} to ${maxPinLen} bytes on this token`;
  if (!fits(pin.bytes())) throw misconfigured('pin', why);
  if (!fits(soPin.bytes())) throw misconfigured('soPin', why);
  const isBlank = (state & flags.CKF_TOKEN_INITIALIZED) === 0;
  if (!isBlank && (state & (flags.CKF_SO_PIN_FINAL_TRY | flags.CKF_SO_PIN_LOCKED)) !== 0) {
    throw misconfigured('soPin', 'is locked, or one wrong try away from it, so it was not tried');
  }
}

function givePin(cryptoki: Cryptoki, slot: Handle, { pin, soPin }: TokenInitialization): void {
  const session = openSession(cryptoki, slot);
  try {
    cryptoki.C_Login(session, users.CKU_SO, soPin.text());
    cryptoki.C_InitPIN(session, pin.text());
    cryptoki.C_Logout(session);
  } finally {
    cryptoki.C_CloseSession(session);
  }
}

function misconfigured(field: string, why: string, next?: string): ProviderError {
  return new ProviderError('provider-misconfigured', { field, why, ...(next !== undefined && { next }) });
}
