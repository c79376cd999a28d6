import { type EscrowError, ProviderError } from '#domain/errors.ts';
import type { Secret } from '#domain/secret.ts';
import { flags, users } from './constants.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import { isLoss, providerError, returnValueOf } from './errors.ts';
import { unpadded } from './slots.ts';

/** Which token: by its label, or by its serial number where several have the same label. */
export type TokenName = { label: string } | { serial: string };

/** The slots of all tokens of that name. Labels and serial numbers are padded with blanks (PKCS#11 2.40 section 3.3). */
export function slotsOf(cryptoki: Cryptoki, name: TokenName): Handle[] {
  return cryptoki.C_GetSlotList(true).filter((slot) => {
    const info = cryptoki.C_GetTokenInfo(slot);
    if ((info.flags & flags.CKF_TOKEN_INITIALIZED) === 0) return false;
    return 'label' in name
      ? unpadded(info.label) === name.label
      : unpadded(info.serialNumber) === name.serial;
  });
}

/**
 * The slot of the one token of that name.
 * @throws ProviderError `provider-misconfigured` if there is none, or more than one
 */
export function findSlot(cryptoki: Cryptoki, name: TokenName): Handle {
  const [slot, another] = slotsOf(cryptoki, name);
  if (slot !== undefined && another === undefined) return slot;
  const described = 'label' in name ? `labelled ${name.label}` : `with serial number ${name.serial}`;
  throw new ProviderError('provider-misconfigured', {
    field: 'token',
    why: slot === undefined ? `there is no token ${described}` : `there are several tokens ${described}`,
    next:
      slot === undefined
        ? 'Check the token, its slot and the configuration of its library.'
        : 'Name the token by its serial number.',
  });
}

/** Opens a session that can read and write. */
export function openSession(cryptoki: Cryptoki, slot: Handle): Handle {
  return cryptoki.C_OpenSession(slot, flags.CKF_SERIAL_SESSION | flags.CKF_RW_SESSION);
}

/**
 * Logs the user in, once, for all sessions of this process. A PIN is tried once: a wrong one may cost the token, so
 * nothing here tries again, and the last try before a lock is left to a person.
 * @throws ProviderError `provider-misconfigured` if the PIN is wrong, locked, or one try before it
 */
export function login(cryptoki: Cryptoki, slot: Handle, session: Handle, pin: Secret): void {
  const { flags: state } = cryptoki.C_GetTokenInfo(slot);
  if ((state & (flags.CKF_USER_PIN_FINAL_TRY | flags.CKF_USER_PIN_LOCKED)) !== 0) {
    throw new ProviderError('provider-misconfigured', {
      field: 'pin',
      why: 'is locked, or one wrong try away from it, so it was not tried',
      next: "Log in to the token once by its vendor's own tool, or unlock it there.",
    });
  }
  try {
    cryptoki.C_Login(session, users.CKU_USER, pin.text());
  } catch (error) {
    if (returnValueOf(error) !== 'CKR_USER_ALREADY_LOGGED_IN') throw loginError(error);
  }
}

/** Session states of a user who is logged in (PKCS#11 2.40 section 3.3): CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS. */
const statesOfUser = [1, 3];

/** Whether the user's login is there, which all sessions of a process share. */
export function isLoggedIn(cryptoki: Cryptoki, session: Handle): boolean {
  return statesOfUser.includes(cryptoki.C_GetSessionInfo(session).state);
}

/**
 * A refused login names the PIN as the field at fault, so that nobody tries it again: also where the token does not say what
 * it refused, as some answer a wrong PIN so. Only the loss of the token is something else.
 */
function loginError(error: unknown): EscrowError {
  const known = providerError(error);
  if (isLoss(error)) return known;
  if (known.code === 'provider-misconfigured')
    return new ProviderError(known.code, { field: 'pin', ...known.details });
  return new ProviderError('provider-misconfigured', {
    field: 'pin',
    why: `the token did not accept the login (${returnValueOf(error) ?? 'it does not say why'})`,
    next: 'Look at the PIN and at the token, then start the service again. The PIN is not tried a second time on its own.',
    cause: error,
  });
}
