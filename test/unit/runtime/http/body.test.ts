import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type Body, route } from '#contract/api/route.ts';
import type { ApiRequest } from '#runtime/http/api-request.ts';
import { readBody } from '#runtime/http/read-request.ts';
import { apiRequest } from '#test/support/api-request.ts';
import { thrownBy } from '#test/support/refused.ts';

const json = { 'content-type': 'application/json' };
const largest = 1_048_576;
const declared = { method: 'POST', path: '/', tag: '', summary: '', roles: 'anyone', rate: 'write' } as const;
const answer = { status: 200, description: '' };

function routeOf(body: Partial<Body> = {}) {
  return route({ ...declared, answer, body: { schema: v.unknown(), largest, ...body } });
}

function read(body: Uint8Array | string, headers: Readonly<Record<string, string>> = json) {
  return readBody(apiRequest({ method: 'POST', headers, body }), routeOf({ items: '(whole)' }));
}

async function expectNotJson(body: Uint8Array | string, why: string): Promise<void> {
  const error = await thrownBy(() => read(body));
  expect(error).toMatchObject({ code: 'invalid-input', details: { field: 'body', why } });
  // What a parser throws quotes what it read.
  expect(error.cause).toBeUndefined();
}

const notJson = 'is not JSON in UTF-8';

describe('a JSON body', () => {
  it.each([
    '{}',
    '[]',
    ' {"a":\t[1,\r\n{"b":null}]} ',
    '{"a":{"x":1},"b":{"x":1},"x":[{"x":1},{"x":1}]}',
    '{"a":"\\":{","b":"a:"}',
    '{"":1,"\\u0061":2,"b":3}',
    '{"k\\\\":1,"k":2}',
  ])('is read as it is: %s', async (text) => {
    expect(await read(text)).toEqual(JSON.parse(text));
  });

  it.each([
    '{',
    '{"a":1,}',
    "{'a':1}",
    '{"a":01}',
    '{"a":NaN}',
    '{"a":undefined}',
    '{"a":"\n"}',
    '{} {}',
    '// comment\n{}',
    'password=secret',
    ' ',
  ])('that is none is refused: %j', (text) => expectNotJson(text, notJson));

  it.each([
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['Latin-1', Buffer.from('{"a":"\u00e9"}', 'latin1')],
    ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['half a surrogate pair', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['a character cut off', Buffer.from([0x22, 0xf0, 0x9f, 0x94])],
  ])('in %s is refused', (_name, bytes) => expectNotJson(new Uint8Array(bytes), notJson));

  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"\\u0061":3}',
    '[{"x":{"a":1 ,\n"a" : 2}}]',
    '{"a":[{"b":1}],"c":"{","a":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"":1,"":2}',
  ])('with a name twice in one object is refused, since readers differ on which counts: %s', (text) =>
    expectNotJson(text, 'has a name twice in one object'),
  );

  it('makes no object that has more than it says', async () => {
    const body = await read('{"__proto__":{"admin":true},"constructor":1}');
    expect(Object.keys(body ?? {})).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
    expect(Reflect.has({}, 'admin')).toBe(false);
  });

  it.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('is refused where %s are nested deeper than any request, however deep', async (_name, open, close) => {
    const nested = (depth: number) => `${open.repeat(depth)}${open === '[' ? '' : '1'}${close.repeat(depth)}`;
    expect(await read(nested(32))).toEqual(JSON.parse(nested(32)));
    for (const depth of [33, 2_000, 100_000]) {
      await expectNotJson(nested(depth), 'is nested deeper than any request');
    }
  });

  it('is not nested by brackets that stand in text', async () => {
    const text = JSON.stringify({ a: '[{'.repeat(100), b: '"\\"['.repeat(50) });
    expect(await read(text)).toEqual(JSON.parse(text));
  });

  it('has numbers as JavaScript reads them', async () => {
    expect(await read('[1e999,-1e999,0.1,1e-999,9007199254740993]')).toEqual([
      Infinity,
      -Infinity,
      0.1,
      0,
      9007199254740992,
    ]);
  });

  it('is the same as JSON.parse reads it, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 6 }), async (value) => {
        const text = JSON.stringify([value]);
        expect(await read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(['null', '"x"', '0', 'true', '[]', '[{}]'])(
    'is an object, and a list where the route takes one: %s',
    async (text) => {
      const request = apiRequest({ headers: json, body: text });
      const error = await thrownBy(() => readBody(request, routeOf()));
      expect(error).toMatchObject({
        code: 'invalid-input',
        details: { field: '(whole)', why: 'is not an object' },
      });
      if (text.startsWith('[')) expect(await read(text)).toEqual(JSON.parse(text));
      else await expect(read(text)).rejects.toThrow('(whole): is not an object');
    },
  );

  it('is read or refused, of whatever bytes', async () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (body) => {
        const result = await read(new Uint8Array(body)).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toMatchObject({ code: 'invalid-input' });
      }),
    );
  });

  it.each([
    ['read', '{"password":"marked"}', json],
    ['no JSON', '{"password":"marked"', json],
    ['of another type', 'password=marked', {}],
  ])('is overwritten once it was %s', async (_what, text, headers) => {
    const bytes = new TextEncoder().encode(text);
    const request: ApiRequest = { ...apiRequest({ headers }), body: async () => bytes };
    await readBody(request, routeOf()).catch(() => undefined);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });
});

describe('no body', () => {
  it('is an empty object where the route takes none, whatever type it would have', async () => {
    const request = apiRequest({ headers: { 'content-type': 'text/html' } });
    expect(await readBody(request, routeOf({ largest: 0 }))).toEqual({});
  });

  it('is nothing where the route takes one', async () => {
    expect(await read('', {})).toBeUndefined();
  });
});

describe('the size of a body', () => {
  it('is what the route says', async () => {
    const asked: number[] = [];
    const request: ApiRequest = {
      ...apiRequest(),
      body: async (most) => {
        asked.push(most);
        return new Uint8Array();
      },
    };
    for (const most of [0, 16, 1_000]) await readBody(request, routeOf({ largest: most }));
    expect(asked).toEqual([0, 16, 1_000]);
  });

  it('that is more is refused before its type is looked at', async () => {
    const request = apiRequest({ body: 'x'.repeat(17), headers: { 'content-type': 'text/html' } });
    expect(await thrownBy(() => readBody(request, routeOf({ largest: 16 })))).toMatchObject({
      code: 'body-too-large',
    });
  });
});

describe('the Content-Type', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    ' application/json ; charset=Utf-8; profile=x',
  ])('may be %s', async (type) => {
    expect(await read('{}', { 'content-type': type })).toEqual({});
  });

  it.each([
    '',
    'text/json',
    'text/plain',
    'application/json-patch+json',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/json;charset=utf-8;charset=latin1',
    'application/json; charset="utf-8',
    'application/jsonx',
    'application/json, text/plain',
  ])('may not be %j', async (type) => {
    const error = await thrownBy(() => read('{}', { 'content-type': type }));
    expect(error).toMatchObject({ code: 'unsupported-media-type', details: { field: 'Content-Type' } });
    expect(error.next).toBe('Send application/json, in UTF-8.');
  });

  it('may not be missing', async () => {
    expect(await thrownBy(() => read('{}', {}))).toMatchObject({ code: 'unsupported-media-type' });
  });

  it('may be any of those that the route reads', async () => {
    const media = ['application/cloudevents+json', 'application/json'];
    for (const type of media) {
      const request = apiRequest({ body: '{}', headers: { 'content-type': type } });
      expect(await readBody(request, routeOf({ media }))).toEqual({});
    }
    const other = apiRequest({ body: '{}', headers: { 'content-type': 'application/xml' } });
    expect((await thrownBy(() => readBody(other, routeOf({ media })))).next).toBe(
      'Send application/cloudevents+json or application/json, in UTF-8.',
    );
  });
});
