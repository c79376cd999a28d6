import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { route } from '#contract/api/route.ts';
import { EscrowError } from '#domain/errors.ts';
import { chooseMedia } from '#runtime/http/read-request.ts';

const declared = { method: 'GET', path: '/', tag: '', summary: '', roles: 'anyone', rate: 'read' } as const;

function chosen(accept: string | undefined, media?: readonly string[]): string {
  const answer = { status: 200, description: '', ...(media && { media }) };
  return chooseMedia(accept, route({ ...declared, answer }));
}

const pfx = 'application/pkcs12';
const json = 'application/json';
const both = [pfx, json];

describe('of what a route answers with', () => {
  it.each([undefined, '', ' ', '*/*', 'application/*', 'application/*, */*;q=0.1'])(
    'the first is sent to whoever accepts %j',
    (accept) => {
      expect(chosen(accept, both)).toBe(pfx);
      expect(chosen(accept)).toBe(json);
    },
  );

  it.each([
    [json, json],
    [pfx, pfx],
    ['Application/JSON', json],
    ['application/json;q=0.5, application/pkcs12;q=0.4', json],
    ['application/json; q=0.5 , application/pkcs12 ; q=0.6', pfx],
    ['application/json, application/pkcs12', pfx],
    ['application/json;q=0, */*', pfx],
    ['application/pkcs12;q=0, */*;q=0.1', json],
    ['application/pkcs12;q=0.2, application/*;q=0.5', json],
    ['application/*;q=0.2, application/json;q=0.1, */*', pfx],
    ['text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8', pfx],
    ['application/json;profile="a";q=0.9', json],
    ['application/json;Q=0, */*;q=0.001', pfx],
    ['application/pkcs12;q=much, application/json;q=0.1', json],
  ])('%s gets %s', (accept, media) => {
    expect(chosen(accept, both)).toBe(media);
  });

  it.each([
    'text/html',
    'application/xml, text/*',
    'application/json;q=0, application/pkcs12;q=0.0',
    '*/*;q=0',
    '*/json',
    'json',
    'application/jsonx',
    ';q=1',
    ',,,',
  ])('%j gets nothing, and is told what there is', (accept) => {
    expect(() => chosen(accept, both)).toThrow(
      expect.objectContaining({
        code: 'not-acceptable',
        next: 'Accept application/pkcs12 or application/json.',
      }),
    );
  });

  it('one is chosen, or none, of whatever is accepted', () => {
    const range = fc.stringMatching(/^[a-z*/;=q0-9. ]{0,30}$/);
    const accept = fc.oneof(
      fc.string(),
      fc.array(range).map((ranges) => ranges.join(',')),
    );
    fc.assert(
      fc.property(accept, (text) => {
        try {
          expect(both).toContain(chosen(text, both));
        } catch (error) {
          expect(error).toBeInstanceOf(EscrowError);
        }
      }),
    );
  });
});

it('a route that answers with nothing is not asked what that would be', () => {
  const nothing = route({ ...declared, answer: { status: 204, description: '' } });
  for (const accept of [undefined, 'text/html', '*/*;q=0']) expect(chooseMedia(accept, nothing)).toBe(json);
});
