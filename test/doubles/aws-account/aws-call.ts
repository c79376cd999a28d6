import type { IncomingHttpHeaders } from 'node:http';
import { tables } from '#contract/tables.ts';

/** One call of one function to AWS, as a policy is asked about it. */
export interface AwsCall {
  /** Who made it. */
  function: string;
  /** As in `dynamodb:PutItem`. */
  action: string;
  /** What it was about, as the service's own identifiers name it: ARNs of keys and aliases, names of tables, buckets, buses. */
  resources: readonly string[];
  /** What a policy could be conditioned on, by the names of IAM condition keys. */
  conditions: Readonly<Record<string, string | readonly string[]>>;
}

/** A request to AWS, read to its end. */
export interface AwsRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** As in `PutItem`. */
  operation: string;
}

/** What a policy is asked about a request: each action, and what it is about. */
export type Described = Pick<AwsCall, 'action' | 'resources' | 'conditions'>;

/** The access key id that a request is signed with. Functions here have their names for it. */
export function callerOf({ authorization = '' }: IncomingHttpHeaders): string {
  return /Credential=([^/]+)\//.exec(authorization)?.[1] ?? '';
}

/** A request to Amazon DynamoDB (Service Authorization Reference, "Actions, resources, and condition keys"). */
export function describeDynamoDb({ operation, body }: AwsRequest): Described[] {
  const input = objectIn(JSON.parse(body.toString()));
  const action = `dynamodb:${operation}`;
  if (operation === 'BatchGetItem' || operation === 'BatchWriteItem') {
    return Object.entries(objectIn(input['RequestItems'])).map(([table, asked]) => {
      const keys = listIn(objectIn(asked)['Keys']).map((key) => partitionIn(objectIn(key)));
      return { action, resources: [table], conditions: leading(keys) };
    });
  }
  const table = String(input['TableName']);
  const index = input['IndexName'] === undefined ? '' : `/index/${input['IndexName']}`;
  const partitions =
    operation === 'Query' ? queried(input) : [partitionIn(objectIn(input['Item'] ?? input['Key']))];
  const attributes = attributesIn(operation, input);
  const conditions = { ...leading(partitions), ...(attributes && { 'dynamodb:Attributes': attributes }) };
  return [{ action, resources: [`${table}${index}`], conditions }];
}

/** The attributes that a write names: those of the item or the key, and those of its expressions. */
function attributesIn(operation: string, input: Readonly<Record<string, unknown>>): string[] | undefined {
  if (operation !== 'PutItem' && operation !== 'UpdateItem') return undefined;
  const named = Object.values(objectIn(input['ExpressionAttributeNames'])).map(String);
  return [...new Set([...Object.keys(objectIn(input['Item'] ?? input['Key'])), ...named])];
}

function leading(partitions: readonly string[]): Described['conditions'] {
  return { 'dynamodb:LeadingKeys': [...new Set(partitions)] };
}

const partitionNames = new Set<string>(
  Object.values(tables).flatMap((table) => [
    table.partitionKey,
    ...Object.values(table.indexes).map(({ partitionKey }) => partitionKey),
  ]),
);

/** The value of an item's or a key's partition key. */
function partitionIn(attributes: Readonly<Record<string, unknown>>): string {
  const name = ['collection', 'organization'].find((each) => attributes[each] !== undefined) ?? '';
  return String(objectIn(attributes[name])['S']);
}

/** The partitions that a query's condition names, as in `#a = :b AND ...`. */
function queried(input: Readonly<Record<string, unknown>>): string[] {
  const names = objectIn(input['ExpressionAttributeNames']);
  const values = objectIn(input['ExpressionAttributeValues']);
  const parts = [...String(input['KeyConditionExpression']).matchAll(/(#?\w+) = (:\w+)/g)];
  return parts.flatMap(([, name = '', value = '']) =>
    partitionNames.has(String(names[name] ?? name)) ? [String(objectIn(values[value])['S'])] : [],
  );
}

/** A request of the JSON protocols whose one resource a member of it names. */
export function describeByMember(service: string, member: string) {
  return ({ operation, body }: AwsRequest): Described[] => {
    const input = objectIn(JSON.parse(body.toString()));
    const entries = listIn(input['Entries']).map((entry) => objectIn(entry)[member]);
    const resources = new Set([input[member], ...entries].filter((each) => each !== undefined).map(String));
    return [{ action: `${service}:${operation}`, resources: [...resources], conditions: {} }];
  };
}

/** A request to Amazon SNS, which is a form. */
export function describeSns({ operation, body }: AwsRequest): Described[] {
  const topic = new URLSearchParams(body.toString()).get('TopicArn') ?? '';
  return [{ action: `sns:${operation}`, resources: [topic], conditions: {} }];
}

/** A request to AWS Lambda: of its API functions call only Invoke. */
export function describeLambda({ url }: AwsRequest): Described[] {
  const [, name = ''] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(url) ?? [];
  return [{ action: 'lambda:InvokeFunction', resources: [decodeURIComponent(name)], conditions: {} }];
}

export function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
