import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Route, route } from '#contract/api/route.ts';
import { EscrowError } from '#domain/errors.ts';
import { endpoint } from '#runtime/http/endpoint.ts';
import { Matcher } from '#runtime/http/match.ts';

const answer = { status: 204, description: '' };
const common = { tag: '', summary: '', roles: 'anyone', rate: 'read', answer } as const;

function at(method: Route['method'], path: string) {
  const declared = route({ ...common, method, path });
  return endpoint(`${method} ${path}`, declared, async () => ({ nothing: true }));
}

const matcher = new Matcher([
  at('GET', '/things'),
  at('POST', '/things'),
  at('GET', '/things/{thingId}'),
  at('DELETE', '/things/{thingId}'),
  at('GET', '/things/{thingId}/parts/{partId}'),
  at('GET', '/openapi.json'),
  at('GET', '/.well-known/jwks.json'),
  at('POST', '/only-written'),
]);

function find(method: string, path: string) {
  const found = matcher.find(method, path);
  return 'allowed' in found ? found : { name: found.endpoint.name, params: found.params };
}

describe('a path', () => {
  it('is matched with its method', () => {
    expect(find('GET', '/things')).toEqual({ name: 'GET /things', params: {} });
    expect(find('POST', '/things')).toEqual({ name: 'POST /things', params: {} });
    expect(find('DELETE', '/things/a')).toEqual({
      name: 'DELETE /things/{thingId}',
      params: { thingId: 'a' },
    });
    const parts = { thingId: 'a', partId: 'b' };
    expect(find('GET', '/things/a/parts/b')).toEqual({
      name: 'GET /things/{thingId}/parts/{partId}',
      params: parts,
    });
  });

  it('that can be read can be asked for its head', () => {
    expect(find('HEAD', '/things')).toEqual({ name: 'GET /things', params: {} });
  });

  it.each([
    ['PUT', '/things', ['GET', 'HEAD', 'POST']],
    ['get', '/things', ['GET', 'HEAD', 'POST']],
    ['OPTIONS', '/things/a', ['GET', 'HEAD', 'DELETE']],
    ['HEAD', '/only-written', ['POST']],
    ['', '/only-written', ['POST']],
  ])('by another method tells what there is: %s %s', (method, path, allowed) => {
    expect(find(method, path)).toEqual({ allowed });
  });

  it.each([
    '',
    '*',
    '/',
    '//things',
    '/things/',
    '/Things',
    '/THINGS',
    '/things/a/',
    '/things//parts/b',
    '/things/a/parts',
    '/things/a/parts/b/c',
    '/v1/things',
    'things',
    '/openapixjson',
    '/openapi_json',
    '/xwell-known/jwks.json',
    '/.well-known/jwks-json',
    '/things\n',
    '/%74hings',
    'http://127.0.0.1/things',
  ])('is not matched where a letter of it differs: %j', (path) => {
    expect(find('GET', path)).toEqual({ allowed: [] });
  });
});

describe('a parameter', () => {
  it.each([
    ['a%20b', 'a b'],
    ['a%2Fb', 'a/b'],
    ['%2e%2e', '..'],
    ['..', '..'],
    ['.', '.'],
    ['a+b', 'a+b'],
    ['%00', '\0'],
    ['%F0%9F%94%91', '\u{1f511}'],
    ['__proto__', '__proto__'],
    ['{thingId}', '{thingId}'],
  ])('is one whole segment, decoded: %s', (segment, thingId) => {
    expect(find('GET', `/things/${segment}`)).toEqual({ name: 'GET /things/{thingId}', params: { thingId } });
  });

  it.each(['%', '%2', '%zz', '%ff', '%C3%28', '%ED%A0%80'])(
    'that is not encoded as URLs are is none: %s',
    (segment) => {
      expect(() => find('GET', `/things/${segment}`)).toThrow(
        expect.objectContaining({ code: 'no-such-route' }),
      );
    },
  );

  it('comes back as it was, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (thingId) => {
        expect(find('GET', `/things/${encodeURIComponent(thingId)}`)).toMatchObject({ params: { thingId } });
      }),
    );
  });
});

it('finds something or says what there is, of any method and path, or refuses the path', () => {
  const path = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webPath(),
    fc.string().map((text) => `/things/${text}`),
  );
  fc.assert(
    fc.property(fc.string(), path, (method, asked) => {
      try {
        expect(matcher.find(method, asked)).toBeDefined();
      } catch (error) {
        expect(error).toBeInstanceOf(EscrowError);
      }
    }),
  );
});
