import { openDynamoDb } from '#adapters/dynamodb/calls.ts';
import { openS3Client } from '#adapters/s3/client.ts';

openDynamoDb();
openS3Client();

/** A function with clients of AWS, which tells what of Node was loaded as it started. */
export async function handler(): Promise<unknown> {
  return Reflect.get(process, 'moduleLoadList');
}
