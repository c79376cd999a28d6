import type { CodeOf, ErrorCode } from '#domain/error-codes.ts';
import { errorNumber } from '#domain/plain-words.ts';

/**
 * What a failed call did: `none`, certainly nothing; `unknown`, perhaps all of it, only the answer is missing; `final`,
 * nothing, and the same call fails again.
 */
export type Effect = 'none' | 'unknown' | 'final';

/** The codes of what every AWS service refuses with, as a key provider says it. */
export type CommonCode = Extract<
  CodeOf<'provider'>,
  | 'provider-busy'
  | 'provider-unavailable'
  | 'provider-access-denied'
  | 'provider-misconfigured'
  | 'provider-incapable'
>;

/** What an error of the AWS SDK means to a caller of ours. */
export interface Meaning<C extends ErrorCode = CodeOf<'provider'>> {
  code: C;
  effect: Effect;
  why?: string;
  next?: string;
}

/** A service as people know it, as in `AWS KMS`, and the page that says how it is set up for us. */
export interface ServiceName {
  name: string;
  page: string;
}

/** Node's names of what goes wrong before a request has left; with any other, it may have arrived. */
const notSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

/** Node's names of what is wrong with a file, as with one of credentials: nothing else here opens any. */
const unreadable = ['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR'];

/** How the services say that they throttle (the list of the SDK's own, `THROTTLING_ERROR_CODES`, but for what has other meanings). */
const throttling = [
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
];

/**
 * The errors that every AWS service shares (API reference, "Common errors"), by the names that the SDK gives them, and
 * those of the SDK and of the network.
 * @param own those of the service itself, which come first
 */
export function meaningOf<C extends ErrorCode>(
  error: unknown,
  service: ServiceName,
  own: Readonly<Record<string, Meaning<C>>>,
): Meaning<C | CommonCode> {
  const name = nameOf(error);
  const known: Readonly<Record<string, Meaning<C | CommonCode>>> = { ...commonMeanings(service), ...own };
  if (Object.hasOwn(known, name) && known[name] !== undefined) return known[name];
  const code = codeOf(error);
  if (code === 'ERR_INVALID_URL') return setUp(service, 'the AWS endpoint that is set is no URL');
  // OpenSSL's names of why a certificate is refused, and Node's where it is of another host.
  if (/(^|_)CERT|LEAF_SIGNATURE/.test(code)) {
    const next = 'Check the endpoint; NODE_EXTRA_CA_CERTS names the certificate of an authority of your own.';
    return setUp(service, 'the certificate at the AWS endpoint is not trusted', next);
  }
  if (unreadable.includes(code)) return setUp(service, 'a file that the AWS settings name cannot be read');
  const number = errorNumber(error);
  if (number !== undefined) return notSent.includes(number) ? notReached(service) : noAnswer(service);
  const message = messageOf(error);
  if (message.includes('Region is missing')) return setUp(service, 'no AWS region is set');
  if (message.startsWith('Region not accepted')) return setUp(service, 'the AWS region that is set is none');
  const status = statusOf(error);
  return status >= 400 && status < 500 ? refused(service, name) : failedInside(service);
}

function commonMeanings(service: ServiceName): Readonly<Record<string, Meaning<CommonCode>>> {
  const busy: Meaning<CommonCode> = {
    code: 'provider-busy',
    effect: 'none',
    why: `${service.name} throttles: more was asked a second than the quotas of the account allow`,
    next: `Try again in a moment and send less at once; ${service.page} says more.`,
  };
  const denied: Meaning<CommonCode> = {
    code: 'provider-access-denied',
    effect: 'final',
    next: `Give the service the permissions that ${service.page} names.`,
  };
  const inside = failedInside(service);
  const wrong = setUp(service, 'AWS does not know the credentials, or their signature is wrong');
  const expired = setUp(service, 'the AWS credentials have expired', 'Sign in to AWS again.');
  const clock = setUp(service, "AWS found this machine's clock too far off", "Set the machine's clock.");
  return {
    AccessDeniedException: denied,
    AccessDenied: denied,
    NotAuthorized: denied,
    AuthorizationError: denied,
    AuthorizationErrorException: denied,
    ...each(throttling, busy),
    InternalFailure: inside,
    ServiceUnavailable: inside,
    ServiceUnavailableException: inside,
    RequestTimeout: noAnswer(service),
    TimeoutError: noAnswer(service),
    UnrecognizedClientException: wrong,
    InvalidClientTokenId: wrong,
    InvalidAccessKeyId: wrong,
    InvalidSignatureException: wrong,
    SignatureDoesNotMatch: wrong,
    IncompleteSignature: wrong,
    IncompleteSignatureException: wrong,
    MissingAuthenticationToken: wrong,
    MissingAuthenticationTokenException: wrong,
    OptInRequired: setUp(service, 'the AWS account has not opted in to this region'),
    ExpiredToken: expired,
    ExpiredTokenException: expired,
    RequestExpired: clock,
    RequestTimeTooSkewed: clock,
    CredentialsProviderError: setUp(service, 'no AWS credentials were found'),
    TokenProviderError: setUp(service, 'the AWS sign-in has ended', 'Sign in to AWS again.'),
  };
}

function each<T>(names: readonly string[], meaning: T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, meaning]));
}

function setUp({ page }: ServiceName, why: string, next?: string): Meaning<CommonCode> {
  const general = `Set up region and credentials as the AWS SDK reads them: ${page} says how.`;
  return { code: 'provider-misconfigured', effect: 'final', why, next: next ?? general };
}

function noAnswer({ name }: ServiceName): Meaning<CommonCode> {
  return { code: 'provider-unavailable', effect: 'unknown', why: `${name} did not answer` };
}

function failedInside({ name }: ServiceName): Meaning<CommonCode> {
  return { code: 'provider-unavailable', effect: 'unknown', why: `${name} failed inside` };
}

function notReached({ name }: ServiceName): Meaning<CommonCode> {
  return {
    code: 'provider-unavailable',
    effect: 'none',
    why: `${name} cannot be reached`,
    next: 'Check the network, and the region or endpoint that is set.',
  };
}

/** What the service refused as malformed, or with an error that nobody told us of. */
function refused({ name }: ServiceName, error: string): Meaning<CommonCode> {
  const known = /^\w{1,64}$/.exec(error)?.[0] ?? 'unknown';
  return { code: 'provider-incapable', effect: 'final', why: `${name} refused the request (${known})` };
}

/**
 * The error as a cause that may be kept: itself, unless it holds an answer that could not be read. That may have been a
 * secret, and the SDK keeps all of it in the error.
 */
export function causeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const readable = '$fault' in error || !('$response' in error);
  return readable ? error : new TypeError('the answer of AWS could not be read');
}

/** Which permission is missing, as AWS says it (`kms:Sign`); not to whom, or over what. */
export function deniedAction(error: unknown, { name }: ServiceName): { why?: string } {
  const action = /not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)/.exec(messageOf(error))?.[1];
  return action === undefined ? {} : { why: `${name} does not allow this service ${action}` };
}

/** How AWS refuses a signature that is of another time. */
const untimely = [
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'RequestExpired',
  'RequestTimeTooSkewed',
];

/**
 * Whether the SDK has set its clock by the server's because of this error, and signs the next request with that. Where a clock
 * is wrong, the SDK says so of every error, whatever went wrong.
 */
export function clockCorrected(error: unknown): boolean {
  return metadataOf(error).clockSkewCorrected === true && untimely.includes(nameOf(error));
}

/** As in `ThrottlingException`; empty for what is no error. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}

/** Node's name for it, as in `ECONNRESET`; empty if it has none. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function statusOf(error: unknown): number {
  return metadataOf(error).httpStatusCode ?? 0;
}

function metadataOf(error: unknown): { httpStatusCode?: number; clockSkewCorrected?: boolean } {
  if (!(error instanceof Error) || !('$metadata' in error)) return {};
  return typeof error.$metadata === 'object' && error.$metadata !== null ? error.$metadata : {};
}
