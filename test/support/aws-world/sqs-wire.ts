import { createHash } from 'node:crypto';
import type { Consumer } from '#contract/subscriptions.ts';
import { AwsError } from '#test/doubles/aws-json/aws-error.ts';
import { Faults } from '#test/doubles/aws-json/faults.ts';
import type { Input } from '#test/doubles/aws-json/input.ts';
import { type AwsJsonServer, serveAwsJson } from '#test/doubles/aws-json/server.ts';

/** What functions ask of the queues beside what AWS Lambda does for them. */
export interface QueueCalls {
  release(receipt: string, seconds: number): boolean;
  send(consumer: Consumer, body: string): void;
}

const base = 'https://sqs.eu-central-1.amazonaws.com/111122223333/';

export function queueUrls(consumers: readonly Consumer[]): Record<string, string> {
  return Object.fromEntries(consumers.map((each) => [each, `${base}${each}`]));
}

/** The queues on the wire, as the SDK for Amazon SQS asks them: ChangeMessageVisibility and SendMessage (API reference). */
export async function serveQueues(consumers: readonly Consumer[], calls: QueueCalls): Promise<AwsJsonServer> {
  const operate = async (operation: string, input: Input): Promise<object> => {
    const url = input.text('QueueUrl');
    const consumer = consumers.find((each) => url === `${base}${each}`);
    if (consumer === undefined) throw new AwsError('com.amazonaws.sqs#QueueDoesNotExist');
    if (operation === 'ChangeMessageVisibility') {
      const seconds = input.number('VisibilityTimeout', 0, { max: 43_200 });
      if (calls.release(input.text('ReceiptHandle'), seconds)) return {};
      throw new AwsError('com.amazonaws.sqs#MessageNotInflight');
    }
    if (operation !== 'SendMessage') throw new AwsError('UnknownOperationException');
    const body = input.text('MessageBody', { max: 2 ** 20 });
    calls.send(consumer, body);
    const md5 = createHash('md5').update(body).digest('hex');
    return { MessageId: crypto.randomUUID(), MD5OfMessageBody: md5 };
  };
  return await serveAwsJson({
    target: 'AmazonSQS',
    signingName: 'sqs',
    version: '1.0',
    faults: new Faults(),
    operate,
  });
}
