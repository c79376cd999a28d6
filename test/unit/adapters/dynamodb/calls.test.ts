import { afterEach, describe, expect, it } from 'vitest';
import { openDynamoDb } from '#adapters/dynamodb/calls.ts';
import { Table } from '#adapters/dynamodb/table.ts';
import { tables } from '#contract/tables.ts';
import { fakeWaiting } from '../aws/fake-waiting.ts';
import { refusal } from '../aws/refusal.ts';
import { openedDynamoDb } from './opened-dynamodb.ts';

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

const read = () =>
  new Table(openDynamoDb({ waiting: fakeWaiting() }), 'documents', tables.documents).get('acme', 'csr#1');

const credentials = {
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const noFiles = {
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
};

describe('openDynamoDb', () => {
  it.each([
    ['region', credentials, 'no AWS region is set'],
    ['credentials', { AWS_REGION: 'eu-central-1' }, 'no AWS credentials were found'],
    [
      'an endpoint of another machine in clear',
      { ...credentials, AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_DYNAMODB: 'http://dynamodb.example' },
      'not https',
    ],
  ])('asks nothing yet, and its first call says what is wrong with %s', async (_, environment, words) => {
    process.env = { ...noFiles, ...environment };
    const error = await refusal(read());
    expect(error.code).toBe('store-misconfigured');
    expect(error.message).toContain(words);
    expect(error.next).not.toBe('');
  });

  it('finds out that nothing is there to answer, and tells it as what may pass', async () => {
    Object.assign(process.env, credentials, {
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
    });
    expect(await refusal(read())).toMatchObject({ code: 'store-unavailable', retryable: true });
  });

  it('sends each request once: the SDK repeats nothing by itself', async () => {
    const { calls, double, requests, waiting } = await openedDynamoDb();
    double.faults.plan('GetItem', { kind: 'refuse', type: 'InternalServerError', status: 500 });
    await refusal(new Table(calls, 'x', tables.documents).get('acme', 'csr#1'));
    expect(requests()).toEqual(['GetItem refuse', ...waiting.slept.map(() => 'GetItem refuse')]);
  });
});
