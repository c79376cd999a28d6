import type { CodeOf } from '#domain/error-codes.ts';
import { EscrowError, ProviderError } from '#domain/errors.ts';
import { errorNumber } from '#domain/plain-words.ts';

type ProviderCode = CodeOf<'provider'>;

/**
 * What a failed call did: `none`, certainly nothing; `unknown`, perhaps all of it, only the answer is missing; `final`,
 * nothing, and the same call fails again.
 */
export type Effect = 'none' | 'unknown' | 'final';

interface Meaning {
  code: ProviderCode;
  effect: Effect;
  why?: string;
  next?: string;
}

const setUpNext = 'Set up region and credentials as the AWS SDK reads them: docs/kms.md says how.';
const busy: Meaning = {
  code: 'provider-busy',
  effect: 'none',
  why: 'AWS KMS throttles: more was asked a second than the quotas of the account allow',
  next: 'Try again in a moment and send less at once; docs/kms.md names the quotas and how they are raised.',
};
const noAnswer: Meaning = {
  code: 'provider-unavailable',
  effect: 'unknown',
  why: 'AWS KMS did not answer',
};
const failedInside: Meaning = {
  code: 'provider-unavailable',
  effect: 'unknown',
  why: 'AWS KMS failed inside',
};
const notReached: Meaning = {
  code: 'provider-unavailable',
  effect: 'none',
  why: 'AWS KMS cannot be reached',
  next: 'Check the network, and the region or endpoint that is set.',
};
const credentials = (why: string, next = setUpNext): Meaning => ({
  code: 'provider-misconfigured',
  effect: 'final',
  why,
  next,
});
const wrongCredentials = credentials('AWS does not know the credentials, or their signature is wrong');
const expired = credentials(
  'the AWS credentials have expired',
  'Sign in to AWS again, or renew the session.',
);
const wrongClock = credentials('AWS found the clock of this machine too far off', "Set the machine's clock.");
const invalid: Meaning = { code: 'wrapped-key-invalid', effect: 'final' };
const denied: Meaning = {
  code: 'provider-access-denied',
  effect: 'final',
  next: 'Give the service the statements of docs/kms.md, in the key policy or by IAM.',
};
const notUnderstood: Meaning = {
  code: 'provider-incapable',
  effect: 'final',
  why: 'AWS KMS does not do this with such a key',
};

/**
 * What the errors of AWS KMS mean to a caller (API reference, "Errors" of each operation and "Common errors"), by the name
 * that the SDK gives them.
 */
const meanings: Readonly<Record<string, Meaning>> = {
  InvalidCiphertextException: invalid,
  IncorrectKeyException: invalid,
  DisabledException: { code: 'key-disabled', effect: 'final' },
  NotFoundException: {
    code: 'key-not-found',
    effect: 'final',
    next: 'Check region, account and alias prefix: in these, AWS KMS has no such key.',
  },
  AccessDeniedException: denied,
  NotAuthorized: denied,
  ThrottlingException: busy,
  Throttling: busy,
  TooManyRequestsException: busy,
  RequestLimitExceeded: busy,
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
  InternalFailure: failedInside,
  ServiceUnavailable: failedInside,
  ServiceUnavailableException: failedInside,
  RequestTimeout: noAnswer,
  TimeoutError: noAnswer,
  InvalidKeyUsageException: notUnderstood,
  UnsupportedOperationException: notUnderstood,
  UnrecognizedClientException: wrongCredentials,
  InvalidClientTokenId: wrongCredentials,
  InvalidSignatureException: wrongCredentials,
  SignatureDoesNotMatch: wrongCredentials,
  IncompleteSignature: wrongCredentials,
  MissingAuthenticationToken: wrongCredentials,
  MissingAuthenticationTokenException: wrongCredentials,
  OptInRequired: credentials('the AWS account has not opted in to this region'),
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  RequestExpired: wrongClock,
  RequestTimeTooSkewed: wrongClock,
  CredentialsProviderError: credentials('no AWS credentials were found'),
  TokenProviderError: credentials('the AWS sign-in has ended', 'Sign in to AWS again.'),
};

/** Node's names of what goes wrong before a request has left; with any other, it may have arrived. */
const notSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

/**
 * An error of the SDK as ours.
 * @param own what an error means to this one call, in place of the general meaning
 */
export function kmsError(error: unknown, own: Readonly<Record<string, ProviderCode>> = {}): EscrowError {
  if (error instanceof EscrowError) return error;
  const { code, effect: _, ...details } = meaningOf(error);
  const ownCode = own[nameOf(error)];
  const cause = causeOf(error);
  if (ownCode !== undefined) return new ProviderError(ownCode, { cause });
  const action = /kms:[A-Za-z]+/.exec(messageOf(error))?.[0];
  const why = code === 'provider-access-denied' && action !== undefined ? deniedAction(action) : {};
  return new ProviderError(code, { ...details, ...why, cause });
}

/** What a call did that failed with this error of the SDK, or of `whileWanted`. */
export function effectOf(error: unknown): Effect {
  if (error instanceof EscrowError) return error.code === 'provider-unavailable' ? 'unknown' : 'final';
  return clockCorrected(error) ? 'none' : meaningOf(error).effect;
}

/** Whether the error has this name; `KMSInvalidStateException` and the like. */
export function isKmsError(error: unknown, name: string): boolean {
  return nameOf(error) === name;
}

function meaningOf(error: unknown): Meaning {
  const name = nameOf(error);
  if (name === 'KMSInvalidStateException') return meaningOfState(messageOf(error));
  const known = Object.hasOwn(meanings, name) ? meanings[name] : undefined;
  if (known !== undefined) return known;
  const number = errorNumber(error);
  if (number !== undefined) return notSent.includes(number) ? notReached : noAnswer;
  const message = messageOf(error);
  if (message.includes('Region is missing')) return credentials('no AWS region is set');
  if (message.startsWith('Region not accepted')) return credentials('the AWS region that is set is none');
  return statusOf(error) >= 400 && statusOf(error) < 500 ? refused(name) : failedInside;
}

/** What AWS KMS refused as malformed, or with an error that nobody told us of. */
function refused(name: string): Meaning {
  return {
    code: 'provider-incapable',
    effect: 'final',
    why: `AWS KMS refused the request (${/^\w{1,64}$/.exec(name)?.[0] ?? 'unknown'})`,
  };
}

/** The state stands in the message alone: "arn:... is pending deletion." */
function meaningOfState(message: string): Meaning {
  if (/pending ?deletion/i.test(message)) return { code: 'key-pending-deletion', effect: 'final' };
  if (/disabled/i.test(message)) return { code: 'key-disabled', effect: 'final' };
  const pending = /pending ?import/i.test(message);
  return {
    code: 'provider-misconfigured',
    effect: 'final',
    why: pending ? 'the key has no key material yet' : 'the key is in a state in which it is not used',
    next: 'Look at the state of the key in AWS KMS.',
  };
}

function deniedAction(action: string): { why: string } {
  return { why: `AWS KMS does not allow this service ${action}` };
}

/**
 * The error itself, unless it holds an answer that could not be read: that may have been a private key, and the SDK
 * keeps all of it in the error.
 */
function causeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const readable = '$fault' in error || !('$response' in error);
  return readable ? error : new TypeError('the answer of AWS KMS could not be read');
}

/** The SDK has set its clock by the server's, and signs the next request with that. */
function clockCorrected(error: unknown): boolean {
  const metadata = metadataOf(error);
  return 'clockSkewCorrected' in metadata && metadata.clockSkewCorrected === true;
}

function statusOf(error: unknown): number {
  const metadata = metadataOf(error);
  return 'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number'
    ? metadata.httpStatusCode
    : 0;
}

function metadataOf(error: unknown): object {
  if (!(error instanceof Error) || !('$metadata' in error)) return {};
  return typeof error.$metadata === 'object' && error.$metadata !== null ? error.$metadata : {};
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}
