import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '#domain/errors.ts';
import { requestOfEvent, resultOf } from '#runtime/lambda/api-event.ts';
import { type ApiEventParts, apiEvent } from '#test/support/lambda-events.ts';

const { signal } = new AbortController();

function requestOf(parts: ApiEventParts = {}) {
  return requestOfEvent(apiEvent(parts), signal);
}

/** The bytes that a caller gets of an answer. */
function bytesOf({ body, isBase64Encoded }: { body: string; isBase64Encoded: boolean }): Buffer {
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

describe('a request of API Gateway', () => {
  it('has the method, the path and the query', () => {
    const { method, path, query } = requestOf({ method: 'PUT', path: '/v1/things/a', query: 'limit=1&x=y' });
    expect({ method, path, query: [...query] }).toStrictEqual({
      method: 'PUT',
      path: '/v1/things/a',
      query: [
        ['limit', '1'],
        ['x', 'y'],
      ],
    });
  });

  it('has its path encoded again, which an HTTP API decodes', () => {
    expect(requestOf({ path: '/v1/things/ü ?#%2F' }).path).toBe('/v1/things/%C3%BC%20%3F%23%252F');
    expect(requestOf({ path: '/v1/things/\ud800' }).path).toBe('/v1/things/%EF%BF%BD');
  });

  it('takes a slash that came encoded for one that divides the path, as nothing tells them apart any more', () => {
    expect(requestOf({ path: '/v1/things/a/b' }).path).toBe('/v1/things/a/b');
  });

  it.for([
    ['a plus sign means a space, and one that is encoded means itself', 'a=b+c%2Bd', [['a', 'b c+d']]],
    ['an encoded delimiter is part of a value', 'a=b%26c%3Dd', [['a', 'b&c=d']]],
    [
      'a name that comes twice comes twice',
      'a=1&a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    [
      'a name without a value has an empty one',
      'a&b=',
      [
        ['a', ''],
        ['b', ''],
      ],
    ],
    ['text that is no UTF-8 becomes none', 'a=%ff', [['a', '\ufffd']]],
  ] as const)('of a query where %s', ([, query, expected]) => {
    expect([...requestOf({ query }).query]).toStrictEqual(expected.map((pair) => [...pair]));
  });

  it('has its headers by their names in lower case, however they came', () => {
    const request = requestOf({ headers: { Authorization: 'Bearer x', 'content-type': 'text/plain' } });
    expect(request.header('authorization')).toBe('Bearer x');
    expect(request.header('content-type')).toBe('text/plain');
    expect(request.header('cookie')).toBeUndefined();
  });

  it('comes from the peer of API Gateway, whatever a header claims', () => {
    expect(requestOf().clientAddress).toBe('192.0.2.1');
  });

  it('goes by the name that API Gateway gave it, unless it has one', () => {
    expect(requestOf().header('x-request-id')).toBe('JKJaXmPLvHcESHA');
    expect(requestOf({ headers: { 'X-Request-Id': 'mine' } }).header('x-request-id')).toBe('mine');
  });

  it('has its body as text or in base64', async () => {
    const asText = await requestOf({ body: '{"ä":1}' }).body(100);
    const encoded = await requestOf({ body: '/wA=', isBase64Encoded: true }).body(100);
    expect(new TextDecoder().decode(asText)).toBe('{"ä":1}');
    expect([...encoded]).toStrictEqual([0xff, 0x00]);
    expect(await requestOf().body(0)).toHaveLength(0);
  });

  it.for([
    { body: 'ääää', isBase64Encoded: false, length: 8 },
    { body: 'AAECAwQFBgc=', isBase64Encoded: true, length: 8 },
  ])('is refused if its body is longer than the route takes: $body', async ({ length, ...content }) => {
    expect(await requestOf(content).body(length)).toHaveLength(length);
    await expect(requestOf(content).body(length - 1)).rejects.toMatchObject({ code: 'body-too-large' });
  });

  it('has a body of its own, which can be erased', async () => {
    const request = requestOf({ body: 'secret' });
    const body = await request.body(10);
    body.fill(0);
    expect(new TextDecoder().decode(await request.body(10))).toBe('secret');
  });

  it.for([
    ['nothing', undefined],
    ['text', 'event'],
    ['an event of a REST API', { httpMethod: 'GET', path: '/', requestContext: { requestId: 'x' } }],
    ['a body that is no text', { ...apiEvent(), body: { toString: 1 } }],
    ['headers that are no texts', { ...apiEvent(), headers: { authorization: ['a'] } }],
    ['an event of SQS', { Records: [] }],
  ] as const)('is none that is made of %s', ([, event]) => {
    expect(() => requestOfEvent(event, signal)).toThrow(InputError);
  });
});

describe('an answer to API Gateway', () => {
  it('is text where it is text, and sets no cookies', () => {
    const body = new TextEncoder().encode('{"a":"ü"}');
    expect(resultOf({ status: 201, headers: { 'content-type': 'application/json' } }, body)).toStrictEqual({
      statusCode: 201,
      headers: { 'content-type': 'application/json' },
      body: '{"a":"ü"}',
      isBase64Encoded: false,
    });
  });

  it('is base64 where it is no text', () => {
    const result = resultOf({ status: 200, headers: {} }, Uint8Array.of(0x30, 0x82, 0xff));
    expect(result).toMatchObject({ body: 'MIL/', isBase64Encoded: true });
  });

  it('carries any bytes and any headers', () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(text)),
    );
    const anyHeaders = fc.dictionary(fc.stringMatching(/^[a-z-]{1,20}$/), fc.string());
    fc.assert(
      fc.property(anyBytes, anyHeaders, (body, headers) => {
        const result = JSON.parse(JSON.stringify(resultOf({ status: 200, headers }, body)));
        expect(bytesOf(result)).toStrictEqual(Buffer.from(body));
        expect(result.headers).toStrictEqual({ ...headers });
      }),
      { numRuns: 100 },
    );
  });

  it('gives a request the bytes that were sent, as text or in base64', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (sent) => {
        const { body, isBase64Encoded } = resultOf({ status: 200, headers: {} }, sent);
        const taken = await requestOf({ body, isBase64Encoded }).body(300);
        expect(Buffer.from(taken)).toStrictEqual(Buffer.from(sent));
      }),
      { numRuns: 100 },
    );
  });
});
