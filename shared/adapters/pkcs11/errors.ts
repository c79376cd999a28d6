import type { CodeOf } from '#domain/error-codes.ts';
import { EscrowError, ProviderError } from '#domain/errors.ts';

interface Meaning {
  code: CodeOf<'provider'>;
  why?: string;
  next?: string;
}

const unavailable: Meaning = { code: 'provider-unavailable' };
const incapable: Meaning = { code: 'provider-incapable' };
const notFound: Meaning = { code: 'key-not-found' };
const invalid: Meaning = { code: 'wrapped-key-invalid' };
const pinNext = 'Correct the PIN, then start the service again. It is never tried a second time on its own.';

/** What the return values of PKCS#11 2.40 section 5.1 mean to a caller. Those not listed are `provider-unavailable`. */
const meanings: Readonly<Record<string, Meaning>> = {
  CKR_PIN_INCORRECT: { code: 'provider-misconfigured', why: 'the token refused the PIN', next: pinNext },
  CKR_PIN_INVALID: {
    code: 'provider-misconfigured',
    why: 'the token does not accept such a PIN',
    next: pinNext,
  },
  CKR_PIN_LEN_RANGE: {
    code: 'provider-misconfigured',
    why: 'the PIN is too short or too long',
    next: pinNext,
  },
  CKR_PIN_EXPIRED: {
    code: 'provider-misconfigured',
    why: 'the PIN has expired, or is the first one and must be changed before it is used',
    next: "Change it by the own tool of the token's vendor, then start the service again with the new one.",
  },
  CKR_PIN_LOCKED: { code: 'provider-misconfigured', why: 'the PIN is locked after wrong tries' },
  CKR_USER_PIN_NOT_INITIALIZED: { code: 'provider-misconfigured', why: 'the token has no user PIN yet' },
  CKR_USER_ANOTHER_ALREADY_LOGGED_IN: {
    code: 'provider-misconfigured',
    why: 'another role is logged in to the token in this process',
  },
  CKR_TOKEN_NOT_RECOGNIZED: { code: 'provider-misconfigured', why: 'the token is not recognized' },
  CKR_TOKEN_WRITE_PROTECTED: { code: 'provider-misconfigured', why: 'the token is write-protected' },
  CKR_CANT_LOCK: { code: 'provider-misconfigured', why: 'the token library does not work with threads' },
  CKR_USER_NOT_LOGGED_IN: {
    code: 'provider-unavailable',
    why: 'the login to the token was lost',
  },
  CKR_FUNCTION_REJECTED: {
    code: 'provider-access-denied',
    why: 'the token does not let the user of this PIN do so',
    next: "Give the user what docs/tokens.md names, by the own tool of the token's vendor.",
  },
  CKR_SESSION_COUNT: { code: 'provider-busy', why: 'the token has no session left' },
  CKR_TOKEN_NOT_PRESENT: { code: 'provider-unavailable', why: 'the token is not there' },
  CKR_DEVICE_REMOVED: { code: 'provider-unavailable', why: 'the token was removed' },
  CKR_DEVICE_MEMORY: { code: 'provider-unavailable', why: 'the token is full' },
  CKR_SESSION_READ_ONLY: { code: 'provider-misconfigured', why: 'the token takes nothing new' },
  CKR_ACTION_PROHIBITED: incapable,
  CKR_ARGUMENTS_BAD: incapable,
  CKR_CURVE_NOT_SUPPORTED: incapable,
  CKR_DATA_INVALID: incapable,
  CKR_DATA_LEN_RANGE: incapable,
  CKR_MECHANISM_INVALID: incapable,
  CKR_MECHANISM_PARAM_INVALID: incapable,
  CKR_FUNCTION_NOT_SUPPORTED: incapable,
  CKR_KEY_SIZE_RANGE: incapable,
  CKR_KEY_TYPE_INCONSISTENT: incapable,
  CKR_KEY_FUNCTION_NOT_PERMITTED: incapable,
  CKR_KEY_NOT_WRAPPABLE: incapable,
  CKR_DOMAIN_PARAMS_INVALID: incapable,
  CKR_ATTRIBUTE_READ_ONLY: incapable,
  CKR_ATTRIBUTE_TYPE_INVALID: incapable,
  CKR_ATTRIBUTE_VALUE_INVALID: incapable,
  CKR_TEMPLATE_INCOMPLETE: incapable,
  CKR_TEMPLATE_INCONSISTENT: incapable,
  CKR_WRAPPING_KEY_SIZE_RANGE: incapable,
  CKR_WRAPPING_KEY_TYPE_INCONSISTENT: incapable,
  CKR_UNWRAPPING_KEY_SIZE_RANGE: incapable,
  CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT: incapable,
  CKR_ATTRIBUTE_SENSITIVE: { code: 'key-not-exportable' },
  CKR_KEY_UNEXTRACTABLE: { code: 'key-not-exportable' },
  CKR_KEY_HANDLE_INVALID: notFound,
  CKR_OBJECT_HANDLE_INVALID: notFound,
  CKR_WRAPPING_KEY_HANDLE_INVALID: notFound,
  CKR_UNWRAPPING_KEY_HANDLE_INVALID: notFound,
  CKR_WRAPPED_KEY_INVALID: invalid,
  CKR_WRAPPED_KEY_LEN_RANGE: invalid,
};

/** Return values of PKCS#11 2.40 and 3.0 that the binding has no name for. */
const unnamed: Readonly<Record<number, string>> = {
  27: 'CKR_ACTION_PROHIBITED',
  320: 'CKR_CURVE_NOT_SUPPORTED',
  513: 'CKR_TOKEN_RESOURCE_EXCEEDED',
};

/**
 * The return value that an error of the binding stands for, as in `CKR_PIN_INCORRECT`; undefined if it is none. The
 * binding gives some errors a class of their own and some not, but all have the name in the message. What it has no name
 * for it calls CKR_VENDOR_DEFINED: that is told by its number, as in `0x800000e0`, where the error has it.
 */
export function returnValueOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const [, name, given] = /(CKR_[A-Z0-9_]+)(?::(\d+))?/.exec(error.message) ?? [];
  if (name !== 'CKR_VENDOR_DEFINED') return name;
  const number = Number(given ?? ('code' in error ? error.code : undefined));
  return Number.isNaN(number) ? name : (unnamed[number] ?? `0x${number.toString(16).padStart(8, '0')}`);
}

/** An error of the binding as ours, with the binding's as cause; our own errors as they are. */
export function providerError(error: unknown): EscrowError {
  if (error instanceof EscrowError) return error;
  const returnValue = returnValueOf(error) ?? '';
  const { code, ...details } = meanings[returnValue] ?? unnamedMeaning(returnValue);
  return new ProviderError(code, { ...details, cause: error });
}

/** The number goes into the words: in the cause it is lost on the way out of the process that has the library. */
function unnamedMeaning(returnValue: string): Meaning {
  if (!returnValue.startsWith('0x')) return unavailable;
  return { ...unavailable, why: `the token answered ${returnValue}, which only its vendor can explain` };
}

/**
 * The return values after which the library, the token or the login is to be taken up anew. CKR_GENERAL_ERROR and
 * CKR_FUNCTION_FAILED are not among them: libraries give them for one call that failed, with all others working on.
 */
const losses: ReadonlySet<string | undefined> = new Set([
  'CKR_CRYPTOKI_NOT_INITIALIZED',
  'CKR_DEVICE_ERROR',
  'CKR_DEVICE_REMOVED',
  'CKR_SESSION_CLOSED',
  'CKR_SESSION_HANDLE_INVALID',
  'CKR_SLOT_ID_INVALID',
  'CKR_TOKEN_NOT_PRESENT',
  'CKR_USER_NOT_LOGGED_IN',
]);

/**
 * Whether an error says that a session, the login or the token was lost, so that nothing works until the token is opened
 * again.
 * @param error the binding's, or ours with the binding's as cause
 */
export function isLoss(error: unknown): boolean {
  return losses.has(returnValueOf(error instanceof EscrowError ? error.details.cause : error));
}
