import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from '#test/doubles/aws-wire/fault-proxy.ts';
import { operationOf } from '#test/doubles/aws-wire/operation.ts';

/** What arrived at the service behind. */
let arrived: { method?: string; url?: string; body: string; signature?: string }[];
let proxy: FaultProxy;
const behind = createServer(async (request, response) => {
  const body = (await buffer(request)).toString();
  const { method = '', url = '', headers } = request;
  arrived.push({ method, url, body, signature: headers.authorization ?? '' });
  response.writeHead(201, { 'x-amzn-requestid': 'r-1', 'content-type': 'text/plain' });
  response.end(`done ${body}`);
});

beforeEach(async () => {
  arrived = [];
  behind.listen(0, '127.0.0.1');
  await once(behind, 'listening');
  const address = behind.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  proxy = await startFaultProxy(`http://127.0.0.1:${address.port}`);
});
afterEach(async () => {
  await proxy.close();
  behind.closeAllConnections();
  behind.close();
});

const json = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.PutItem' };

function put(signal?: AbortSignal) {
  const init = { method: 'POST', headers: { ...json, authorization: 'AWS4-x' }, body: 'word' };
  return fetch(`${proxy.endpoint}/path?x=1`, signal === undefined ? init : { ...init, signal });
}

/** Whether an answer came before the service behind and the proxy had all done their part. */
async function unanswered() {
  const controller = new AbortController();
  const asked = put(controller.signal).then(
    () => 'answered',
    () => 'given up',
  );
  while (proxy.log.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const rest = new Promise((resolve) => setTimeout(resolve, 50, 'still waiting'));
  const state = await Promise.race([asked, rest]);
  controller.abort();
  return state;
}

describe('the wire before a stand-in', () => {
  it('hands on what is asked and answered, as it is', async () => {
    const answer = await put();
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-amzn-requestid')).toBe('r-1');
    expect(await answer.text()).toBe('done word');
    expect(arrived).toEqual([{ method: 'POST', url: '/path?x=1', body: 'word', signature: 'AWS4-x' }]);
    expect(proxy.log).toEqual([{ operation: 'PutItem', fault: 'none' }]);
  });

  it('loses an answer after the work was done, or a request before it arrives', async () => {
    proxy.faults.plan('PutItem', { kind: 'lose-answer' }, 1);
    await expect(put()).rejects.toThrow();
    expect(arrived).toHaveLength(1);
    proxy.faults.plan('*', { kind: 'cut' }, 1);
    await expect(put()).rejects.toThrow();
    expect(arrived).toHaveLength(1);
    expect(proxy.log.map(({ fault }) => fault)).toEqual(['lose-answer', 'cut']);
    expect((await put()).status).toBe(201);
  });

  it.each([
    ['never-answer', 1],
    ['never-arrive', 0],
  ] as const)('lets a request wait for good: %s', async (kind, times) => {
    proxy.faults.plan('PutItem', { kind }, 1);
    expect(await unanswered()).toBe('still waiting');
    expect(arrived).toHaveLength(times);
  });

  it('refuses in the words of the protocol, and lets nothing through', async () => {
    proxy.faults.plan(
      'PutItem',
      { kind: 'refuse', type: 'ThrottlingException', message: 'Rate exceeded' },
      1,
    );
    const refused = await put();
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ __type: 'ThrottlingException', message: 'Rate exceeded' });
    proxy.faults.plan('PutObject', { kind: 'refuse', type: 'SlowDown', message: 'a<b', status: 503 }, 1);
    const slowed = await fetch(`${proxy.endpoint}/bucket/key?x-id=PutObject`, { method: 'PUT' });
    expect(slowed.status).toBe(503);
    expect(await slowed.text()).toContain('<Error><Code>SlowDown</Code><Message>a&lt;b</Message></Error>');
    expect(arrived).toEqual([]);
  });

  it('lets go wrong by chance what no test ordered', async () => {
    const met: string[] = [];
    proxy.faults.otherwise = (operation) => {
      met.push(operation);
      return met.length === 1 ? { kind: 'refuse', type: 'InternalServerError', status: 500 } : undefined;
    };
    expect([(await put()).status, (await put()).status]).toEqual([500, 201]);
    expect(met).toEqual(['PutItem', 'PutItem']);
    proxy.faults.clear();
    expect((await put()).status).toBe(201);
    expect(met).toHaveLength(2);
  });
});

describe('the operation of a request', () => {
  it.each([
    [{ headers: { 'x-amz-target': 'AWSEvents.PutEvents' } }, '', 'PutEvents'],
    [{ headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 'Action=Publish&x=1', 'Publish'],
    [{ method: 'PUT', url: '/b/k?x-id=PutObject' }, '', 'PutObject'],
    [{ method: 'PUT', url: '/b/k?retention&versionId=1' }, '', 'PutObjectRetention'],
    [{ method: 'GET', url: '/b?list-type=2' }, '', 'ListObjectsV2'],
    [{ method: 'HEAD', url: '/b/k' }, '', 'HeadObject'],
  ])('is told from %j', (parts, body, operation) => {
    expect(operationOf({ headers: {}, ...parts }, Buffer.from(body))).toBe(operation);
  });
});
