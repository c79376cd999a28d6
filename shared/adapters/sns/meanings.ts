import type { CodeOf } from '#domain/error-codes.ts';
import type { Meaning } from '../aws/sdk-errors.ts';

const key = (why: string): Meaning<CodeOf<'store'>> => ({
  code: 'store-misconfigured',
  effect: 'final',
  why: `Amazon SNS cannot use the KMS key of the topic: ${why}`,
});

/** What the errors of Amazon SNS mean (API reference, "Errors" of Publish), by the names that the SDK gives them. */
export const snsMeanings: Readonly<Record<string, Meaning<CodeOf<'store'>>>> = {
  NotFoundException: {
    code: 'store-misconfigured',
    effect: 'final',
    why: 'Amazon SNS has no such topic',
    next: 'Check region, account and the ARN of the topic that the function is given; docs/deploy.md says more.',
  },
  AuthorizationErrorException: {
    code: 'store-misconfigured',
    effect: 'final',
    why: 'Amazon SNS does not allow this service sns:Publish',
    next: 'Give the service the permissions that docs/deploy.md names.',
  },
  InternalErrorException: {
    code: 'store-unavailable',
    effect: 'unknown',
    why: 'Amazon SNS failed inside',
  },
  KMSThrottlingException: {
    code: 'store-unavailable',
    effect: 'none',
    why: 'AWS KMS throttles Amazon SNS',
  },
  KMSAccessDeniedException: key('it is not permitted'),
  KMSDisabledException: key('it is disabled'),
  KMSInvalidStateException: key('it is in a state in which it is not used'),
  KMSNotFoundException: key('it is not there'),
  KMSOptInRequired: key('the account has not opted in'),
};
