import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { StoreError } from '#domain/errors.ts';
import type { Notice, Notifier } from '#ports/notifier.ts';
import { clientSettings, neverInClear } from '../aws/client.ts';
import { type StoreCallSettings, StoreCalls } from '../aws/store-calls.ts';
import type { StoreService } from '../aws/store-errors.ts';
import { snsMeanings } from './meanings.ts';

const sns: StoreService = { name: 'Amazon SNS', page: 'docs/deploy.md', meanings: snsMeanings };

/** Largest message, attributes included, in bytes (API reference, Publish): 256 KB. */
const mostBytes = 256 * 1_024;
/** Subjects are shorter than 100 characters (ibid.). */
const longestSubject = 99;

/** Calls to Amazon SNS where the environment leads (AWS_REGION, AWS_ENDPOINT_URL_SNS). */
export function openSns(settings: StoreCallSettings = {}): StoreCalls<SNSClient> {
  return new StoreCalls(neverInClear(new SNSClient(clientSettings)), sns, settings);
}

/**
 * Hands notices to a topic of Amazon SNS: the message is the notice as JSON, for whoever delivers it to the person, with the
 * attributes `organization` and `notice` (its id), for subscriptions to choose by. SNS delivers at least once, and delivers again
 * what it is given again: whoever calls this sees to it that a notice comes once, and whoever is subscribed knows a notice by its id.
 */
export class SnsNotifier implements Notifier {
  readonly #calls: StoreCalls<SNSClient>;
  readonly #topicArn: string;

  constructor(calls: StoreCalls<SNSClient>, topicArn: string) {
    this.#calls = calls;
    this.#topicArn = topicArn;
  }

  /** @throws also StoreError `record-too-large` for a notice of more than 256 KB, `store-misconfigured` */
  async notify(notice: Notice): Promise<void> {
    const attributes = { organization: notice.organization, notice: notice.id };
    const message = JSON.stringify(notice);
    if (sizeOf(message, attributes) > mostBytes) {
      throw new StoreError('record-too-large', { why: 'the notice is larger than Amazon SNS takes' });
    }
    const subject = subjectOf(notice.subject);
    const input = {
      TopicArn: this.#topicArn,
      Message: message,
      ...(subject !== '' && { Subject: subject }),
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
      ),
    };
    await this.#calls.call((client, request) => client.send(new PublishCommand(input), request));
  }
}

/** For subscriptions by mail: printable ASCII, which every mail program shows, and no longer than a subject may be. */
function subjectOf(text: string): string {
  return text
    .replace(/[^\x21-\x7e]+/g, ' ')
    .trim()
    .slice(0, longestSubject);
}

function sizeOf(message: string, attributes: Readonly<Record<string, string>>): number {
  const parts = [message, ...Object.entries(attributes).flatMap(([name, value]) => [name, 'String', value])];
  return parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
}
