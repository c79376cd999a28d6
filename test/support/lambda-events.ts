import type { Invocation } from '#runtime/lambda/invocation.ts';

/** An invocation with so many milliseconds left, for ever. */
export function invocation(milliseconds = 25_000): Invocation {
  return {
    awsRequestId: '8476a536-e9f4-11e8-9739-2dfe598c3fcd',
    getRemainingTimeInMillis: () => milliseconds,
  };
}

/** What a test says of a request to API Gateway; the rest is as usual. */
export interface ApiEventParts {
  method?: string;
  /** Decoded, as an HTTP API hands it on. */
  path?: string;
  query?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  isBase64Encoded?: boolean;
}

/** An event of an HTTP API of Amazon API Gateway, payload format 2.0, as its developer guide shows it. */
export function apiEvent(parts: ApiEventParts = {}): object {
  const { method = 'GET', path = '/', query = '', headers = {}, ...content } = parts;
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: query,
    cookies: ['cookie1=value', 'cookie2=value'],
    headers: { 'x-forwarded-for': '203.0.113.9', ...headers },
    requestContext: {
      accountId: '123456789012',
      apiId: 'api-id',
      domainName: 'id.execute-api.eu-central-1.amazonaws.com',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'agent' },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: `${method} ${path}`,
      stage: '$default',
      time: '10/Mar/2020:05:16:23 +0000',
      timeEpoch: 1_583_817_383_220,
    },
    ...content,
    isBase64Encoded: content.isBase64Encoded ?? false,
  };
}

/** What a test says of a message; the rest is as usual. */
export interface SqsRecordParts {
  messageId?: string;
  body?: string;
  receiveCount?: number;
  queue?: string;
}

/** A batch of Amazon SQS, as AWS Lambda's developer guide shows it. */
export function sqsBatch(messages: readonly SqsRecordParts[]): object {
  return {
    Records: messages.map(
      ({ messageId = 'message-1', body = '', receiveCount = 1, queue = 'queue' }, index) => ({
        messageId,
        receiptHandle: `receipt-${index}`,
        body,
        attributes: {
          ApproximateReceiveCount: String(receiveCount),
          SentTimestamp: '1545082650636',
          SenderId: 'AIDAIENQZJOLO23YVJ4VO',
          ApproximateFirstReceiveTimestamp: '1545082650649',
        },
        messageAttributes: {},
        md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
        eventSource: 'aws:sqs',
        eventSourceARN: `arn:aws:sqs:eu-central-1:123456789012:${queue}`,
        awsRegion: 'eu-central-1',
      }),
    ),
  };
}

/** A batch of a stream of Amazon DynamoDB: an item each, by its sequence number. */
export function streamBatch(items: Readonly<Record<string, object>>): object {
  return {
    Records: Object.entries(items).map(([sequenceNumber, item]) => ({
      eventID: `event-${sequenceNumber}`,
      eventName: 'MODIFY',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'eu-central-1',
      dynamodb: {
        ApproximateCreationDateTime: 1_479_499_740,
        SequenceNumber: sequenceNumber,
        SizeBytes: 112,
        StreamViewType: 'NEW_IMAGE',
        NewImage: item,
      },
      eventSourceARN: 'arn:aws:dynamodb:eu-central-1:123456789012:table/aggregates/stream/2026',
    })),
  };
}
