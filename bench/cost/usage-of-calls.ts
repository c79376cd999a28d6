import * as v from 'valibot';
import type { WireCall } from '../aws/counted-wire.ts';
import type { Usage } from './bill.ts';

const chunk = 64 * 1_024;

const kmsSchema = v.object({ KeyPairSpec: v.optional(v.string(), '') });
const entriesSchema = v.object({
  Entries: v.array(v.object({ Source: v.string(), DetailType: v.string(), Detail: v.string() })),
});

/** Requests that S3 bills as it does a PUT; a change of retention is one. */
const puts = ['PutObject', 'PutObjectRetention', 'ListObjectVersions', 'ListObjectsV2'];

/** What a call of Amazon S3 is on a bill. Removing costs nothing. */
export function s3Usage({ operation }: Pick<WireCall, 'operation'>): Usage {
  if (operation === 'DeleteObject') return {};
  return puts.includes(operation) ? { 's3-put': 1 } : { 's3-get': 1 };
}

/** What a call of AWS KMS is on a bill. The one asymmetric key of the service signs receipts (ECC_NIST_P256). */
export function kmsUsage({ operation, request }: Pick<WireCall, 'operation' | 'request'>): Usage {
  if (operation === 'Sign' || operation === 'GetPublicKey') return { 'kms-asymmetric': 1 };
  if (operation !== 'GenerateDataKeyPair') return { 'kms-symmetric': 1 };
  const { KeyPairSpec: spec } = v.parse(kmsSchema, JSON.parse(request.toString('utf8')));
  return spec.startsWith('RSA') ? { 'kms-pair-rsa': 1 } : { 'kms-pair-ecc': 1 };
}

/** What a call of Amazon EventBridge is on a bill; the bus archives what it takes. */
export function eventBridgeUsage({ request }: Pick<WireCall, 'request'>): Usage {
  const { Entries: entries } = v.parse(entriesSchema, JSON.parse(request.toString('utf8')));
  const sizes = entries.map(({ Source, DetailType, Detail }) =>
    Buffer.byteLength(Source + DetailType + Detail),
  );
  const events = sizes.map((size) => Math.ceil(size / chunk));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  return { 'eventbridge-event': sum(events), 'archive-gb': sum(sizes) / 1e9 };
}

/** What a call of Amazon SNS is on a bill, without what its subscribers cost. */
export function snsUsage({ request }: Pick<WireCall, 'request'>): Usage {
  return { 'sns-publish': Math.ceil(request.length / chunk) };
}

/** What a message takes of Amazon SQS on its way: sent by the bus, received and deleted by the function's poller. */
export function messageUsage(body: string, messagesPerBatch: number): Usage {
  const sent = Math.ceil(Buffer.byteLength(body) / chunk);
  return { 'sqs-request': sent + 2 / messagesPerBatch };
}
