import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type Route, route } from '#contract/api/route.ts';
import { givenRequestId, readIdempotencyKey, readQuery } from '#runtime/http/read-request.ts';
import { apiRequest } from '#test/support/api-request.ts';

const common = { path: '/', tag: '', summary: '', roles: 'anyone', rate: 'write' } as const;
const answer = { status: 200, description: '' };
const posting = route({ ...common, method: 'POST', answer });

function key(value: string | undefined, to: Route = posting): string {
  return readIdempotencyKey(
    apiRequest({ headers: value === undefined ? {} : { 'Idempotency-Key': value } }),
    to,
  );
}

describe('the Idempotency-Key', () => {
  it.each(['1', '5f0c1a7e-2d0b-4a4e-9d5b-1d0f5a3c9b11', '"quoted"', '~!@#$%^&*()', 'x'.repeat(128)])(
    'is visible ASCII, as it comes: %s',
    (value) => {
      expect(key(value)).toBe(value);
    },
  );

  it.each(['', ' ', 'a b', 'a, b', 'x'.repeat(129), 'k\u00e9y', 'a\tb', 'a\n', '\u{1f511}', 'a\u007f'])(
    'is nothing else: %j',
    (value) => {
      const why = 'is not 1 to 128 visible ASCII characters';
      expect(() => key(value)).toThrow(
        expect.objectContaining({
          code: 'invalid-input',
          details: expect.objectContaining({ field: 'Idempotency-Key', why }),
        }),
      );
    },
  );

  it('must be there where a route needs it', () => {
    expect(() => key(undefined)).toThrow(expect.objectContaining({ message: 'Idempotency-Key: is missing' }));
  });

  it('is passed over where a route knows a repetition otherwise', () => {
    expect(key('x y', route({ ...common, method: 'POST', answer, repeats: 'freely' }))).toBe('');
    expect(key('x y', route({ ...common, method: 'POST', answer, repeats: 'by-event' }))).toBe('');
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      expect(key(undefined, route({ ...common, method, answer }))).toBe('');
    }
  });
});

describe("the caller's own request id", () => {
  const given = (value: string) => givenRequestId(apiRequest({ headers: { 'X-Request-Id': value } }));

  it.each(['1', 'req_abc', 'a-b.c_d', 'A'.repeat(64), '5f0c1a7e-2d0b-4a4e-9d5b-1d0f5a3c9b11'])(
    'is kept: %s',
    (id) => {
      expect(given(id)).toBe(id);
    },
  );

  it.each([
    '',
    ' ',
    'a b',
    'a, b',
    'A'.repeat(65),
    '../x',
    'a\r\nSet-Cookie: x',
    '<script>',
    '\u001b[2J',
    'caf\u00e9',
    'a\n',
  ])('is not kept where it could not be written anywhere: %j', (id) => {
    expect(given(id)).toBeUndefined();
  });

  it('need not be there', () => {
    expect(givenRequestId(apiRequest())).toBeUndefined();
  });
});

describe('a query', () => {
  const read = (text: string) => readQuery(new URLSearchParams(text));

  it.each([
    ['', {}],
    ['a=1&b=2', { a: '1', b: '2' }],
    ['a', { a: '' }],
    ['a=%2F+%20%C3%A9', { a: '/  \u00e9' }],
    ['a=%zz&b=%ff', { a: '%zz', b: '\ufffd' }],
    ['=1', { '': '1' }],
  ])('is read by names: %s', (text, fields) => {
    expect(read(text)).toEqual(fields);
  });

  it.each(['a=1&a=1', 'a=1&b=2&%61=3', '__proto__=1&__proto__=2'])('has no field twice: %s', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ message: 'query: has a field twice' }));
  });

  it('has no field that is not refused for being unknown, whatever its name', () => {
    const schema = v.strictObject({ a: v.optional(v.string()) });
    const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', 'valueOf'));
    fc.assert(
      fc.property(name, (field) => {
        fc.pre(field !== 'a');
        expect(v.is(schema, readQuery(new URLSearchParams([[field, '1']])))).toBe(false);
      }),
    );
  });
});
