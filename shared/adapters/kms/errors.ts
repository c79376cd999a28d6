import type { CodeOf } from '#domain/error-codes.ts';
import { EscrowError, ProviderError } from '#domain/errors.ts';
import {
  causeOf,
  clockCorrected,
  deniedAction,
  type Effect,
  type Meaning,
  meaningOf,
  messageOf,
  nameOf,
} from '../aws/sdk-errors.ts';

const kms = { name: 'AWS KMS', page: 'docs/kms.md' };

const failedInside: Meaning = {
  code: 'provider-unavailable',
  effect: 'unknown',
  why: 'AWS KMS failed inside',
};
const invalid: Meaning = { code: 'wrapped-key-invalid', effect: 'final' };
const notUnderstood: Meaning = {
  code: 'provider-incapable',
  effect: 'final',
  why: 'AWS KMS does not do this with such a key',
};

/** What the errors of AWS KMS mean to a caller (API reference, "Errors" of each operation). */
const meanings: Readonly<Record<string, Meaning>> = {
  InvalidCiphertextException: invalid,
  IncorrectKeyException: invalid,
  NotFoundException: {
    code: 'key-not-found',
    effect: 'final',
    next: 'Check region, account and alias prefix: in these, AWS KMS has no such key.',
  },
  // Not of the rate but of the number of keys, aliases or tags that there are: no repetition helps.
  LimitExceededException: {
    code: 'provider-misconfigured',
    effect: 'final',
    why: 'AWS KMS has as many keys or aliases as the quota of the account allows',
    next: 'Ask AWS for a higher quota, or remove keys that nobody needs.',
  },
  KMSInternalException: failedInside,
  KeyUnavailableException: failedInside,
  DependencyTimeoutException: failedInside,
  InvalidKeyUsageException: notUnderstood,
  UnsupportedOperationException: notUnderstood,
};

/**
 * An error of the SDK as ours.
 * @param own what an error means to this one call, in place of the general meaning
 */
export function kmsError(
  error: unknown,
  own: Readonly<Record<string, CodeOf<'provider'>>> = {},
): EscrowError {
  if (error instanceof EscrowError) return error;
  const cause = causeOf(error);
  const ownCode = own[nameOf(error)];
  if (ownCode !== undefined) return new ProviderError(ownCode, { cause });
  const { code, effect: _, ...details } = kmsMeaning(error);
  const denied = code === 'provider-access-denied' ? deniedAction(error, kms) : {};
  return new ProviderError(code, { ...details, ...denied, cause });
}

/**
 * What a call did that failed with this error of the SDK, or of `whileWanted`.
 * @param own as for `kmsError`: what has a meaning of its own is an answer
 */
export function effectOf(error: unknown, own: Readonly<Record<string, CodeOf<'provider'>>> = {}): Effect {
  if (error instanceof EscrowError) return error.code === 'provider-unavailable' ? 'unknown' : 'final';
  if (Object.hasOwn(own, nameOf(error))) return 'final';
  return clockCorrected(error) ? 'none' : kmsMeaning(error).effect;
}

/** Whether the error has this name; `KMSInvalidStateException` and the like. */
export function isKmsError(error: unknown, name: string): boolean {
  return nameOf(error) === name;
}

function kmsMeaning(error: unknown): Meaning {
  const name = nameOf(error);
  return name === 'KMSInvalidStateException' || name === 'DisabledException'
    ? meaningOfState(name, messageOf(error))
    : meaningOf(error, kms, meanings);
}

/**
 * The state stands in the message alone, "arn:... is pending deletion.", and that one under both names (Developer Guide, "Key
 * states of AWS KMS keys").
 */
function meaningOfState(name: string, message: string): Meaning {
  if (/pending ?deletion/i.test(message)) return { code: 'key-pending-deletion', effect: 'final' };
  if (name === 'DisabledException') return { code: 'key-disabled', effect: 'final' };
  const pending = /pending ?import/i.test(message);
  return {
    code: 'provider-misconfigured',
    effect: 'final',
    why: pending ? 'the key has no key material yet' : 'the key is in a state in which it is not used',
    next: 'Look at the state of the key in AWS KMS.',
  };
}
