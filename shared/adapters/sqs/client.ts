import { SQSClient } from '@aws-sdk/client-sqs';
import type { CodeOf } from '#domain/error-codes.ts';
import { InternalError } from '#domain/errors.ts';
import { clientSettings, neverInClear } from '../aws/client.ts';
import type { Meaning } from '../aws/sdk-errors.ts';
import { type StoreCallSettings, StoreCalls } from '../aws/store-calls.ts';
import type { StoreService } from '../aws/store-errors.ts';

/** The one way to Amazon SQS. */
export type SqsCalls = StoreCalls<SQSClient>;

/** The queue of each consumer, by the consumer's name. */
export type QueueUrls = Readonly<Record<string, string>>;

const key = (why: string): Meaning<CodeOf<'store'>> => ({
  code: 'store-misconfigured',
  effect: 'final',
  why: `Amazon SQS cannot use the KMS key of the queue: ${why}`,
});

/** What the errors of Amazon SQS mean (API reference, "Errors" of SendMessage and ChangeMessageVisibility). */
const sqs: StoreService = {
  name: 'Amazon SQS',
  page: 'docs/deploy.md',
  meanings: {
    QueueDoesNotExist: {
      code: 'store-misconfigured',
      effect: 'final',
      why: 'Amazon SQS has no such queue',
      next: 'Check region, account and the URLs of the queues that the function is given; docs/deploy.md says more.',
    },
    OverLimit: {
      code: 'store-unavailable',
      effect: 'none',
      why: 'too many messages of the queue are being worked on',
    },
    KmsThrottled: { code: 'store-unavailable', effect: 'none', why: 'AWS KMS throttles Amazon SQS' },
    KmsAccessDenied: key('it is not permitted'),
    KmsDisabled: key('it is disabled'),
    KmsInvalidKeyUsage: key('it is of another kind'),
    KmsInvalidState: key('it is in a state in which it is not used'),
    KmsNotFound: key('it is not there'),
    KmsOptInRequired: key('the account has not opted in'),
  },
};

/** Calls to Amazon SQS where the environment leads (AWS_REGION, AWS_ENDPOINT_URL_SQS). */
export function openSqs(settings: StoreCallSettings = {}): SqsCalls {
  // Where the environment leads, as every other service; a queue's URL only names it.
  const client = new SQSClient({ ...clientSettings, useQueueUrlAsEndpoint: false });
  return new StoreCalls(neverInClear(client), sqs, settings);
}

/** @throws InternalError `internal` if a consumer has no queue: consumers and queues are made of one table */
export function queueOf(urls: QueueUrls, consumer: string): string {
  const url = Object.hasOwn(urls, consumer) ? urls[consumer] : undefined;
  if (url !== undefined) return url;
  throw new InternalError('internal', { cause: new TypeError(`no queue is known of consumer ${consumer}`) });
}
