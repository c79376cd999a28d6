import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { AwsError } from '../aws-json/aws-error.ts';
import type { Faults } from '../aws-json/faults.ts';
import { startFaultProxy } from '../aws-wire/fault-proxy.ts';
import { refusalOf } from '../aws-wire/refusal.ts';
import { onLoopback } from '../loopback.ts';

/** A message as it was published. */
export interface PublishedMessage {
  message: string;
  subject: string | undefined;
  attributes: Readonly<Record<string, string>>;
}

export interface SnsDouble {
  endpoint: string;
  /** The variables that lead the AWS SDK here. */
  environment: Readonly<Record<string, string>>;
  /** The one topic that is there. */
  topicArn: string;
  faults: Faults;
  /** What was published, in order. */
  published: PublishedMessage[];
  close(): Promise<void>;
}

const topicArn = 'arn:aws:sns:eu-central-1:111122223333:notices';
const mostBytes = 256 * 1_024;

/** A stand-in for Amazon SNS on loopback: Publish to a topic, in the query protocol, with its limits (API reference). */
export async function startSnsDouble(): Promise<SnsDouble> {
  const published: PublishedMessage[] = [];
  const server = createServer((request, response) => {
    answer(request, response, published).catch(() => response.destroy());
  });
  const behind = await onLoopback(server);
  const proxy = await startFaultProxy(behind.endpoint);
  return {
    endpoint: proxy.endpoint,
    environment: {
      AWS_ENDPOINT_URL_SNS: proxy.endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    },
    topicArn,
    faults: proxy.faults,
    published,
    close: async () => {
      await proxy.close();
      await behind.close();
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  published: PublishedMessage[],
): Promise<void> {
  try {
    const form = new URLSearchParams((await buffer(request)).toString('utf8'));
    published.push(checked(request, form));
    const id = crypto.randomUUID();
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(
      `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${id}</MessageId>` +
        `</PublishResult><ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></PublishResponse>`,
    );
  } catch (error) {
    const refusal = error instanceof AwsError ? error : new AwsError('InternalError', String(error), 500);
    const { status, headers, body } = refusalOf(refusal, request);
    response.writeHead(status, headers);
    response.end(body);
  }
}

function checked({ headers }: IncomingMessage, form: URLSearchParams): PublishedMessage {
  if (!/\/sns\/aws4_request,/.test(headers.authorization ?? ''))
    throw new AwsError('InvalidClientTokenId', '', 403);
  if (form.get('Action') !== 'Publish') throw new AwsError('InvalidAction');
  if (form.get('TopicArn') !== topicArn) throw new AwsError('NotFound', 'Topic does not exist', 404);
  const message = form.get('Message') ?? '';
  const subject = form.get('Subject') ?? undefined;
  const attributes = attributesIn(form);
  if (message === '') throw new AwsError('InvalidParameter', 'Invalid parameter: Empty message');
  if (subject !== undefined && !/^[^\p{Cc}]{1,99}$/u.test(subject)) {
    throw new AwsError('InvalidParameter', 'Invalid parameter: Subject');
  }
  const texts = [message, ...Object.entries(attributes).flatMap(([name, value]) => [name, 'String', value])];
  if (texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) > mostBytes) {
    throw new AwsError('InvalidParameter', 'Invalid parameter: Message too long');
  }
  return { message, subject, attributes };
}

function attributesIn(form: URLSearchParams): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (let place = 1; form.has(`MessageAttributes.entry.${place}.Name`); place += 1) {
    const start = `MessageAttributes.entry.${place}`;
    const value = form.get(`${start}.Value.StringValue`) ?? '';
    // An attribute that is a text may not be empty.
    if (form.get(`${start}.Value.DataType`) !== 'String' || value === '') {
      throw new AwsError('ParameterValueInvalid', 'The message attribute is invalid');
    }
    attributes[form.get(`${start}.Name`) ?? ''] = value;
  }
  return attributes;
}
