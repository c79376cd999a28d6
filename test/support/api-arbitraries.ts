import fc from 'fast-check';
import { needsIdempotencyKey, type Route } from '#contract/api/route.ts';
import { mark, type RequestSchema, wrongBodies } from './wrong-fields.ts';

/** What requests are made from: a good one, what the description says of its body, and who could send it. */
export interface RequestSeed {
  route: Route;
  target: string;
  body: unknown;
  schema: RequestSchema;
  /** Identifiers that stand in paths: of what is there, and what is not. */
  ids: readonly string[];
  /** `Authorization` headers, good and bad. */
  tokens: readonly string[];
}

/** A request that somebody might send, by mistake or not. */
export interface GeneratedRequest {
  method: string;
  target: string;
  headers: Record<string, string | undefined>;
  body: Uint8Array;
}

/** Text that has broken something somewhere. */
const oddTexts = [
  '',
  ' ',
  '\0',
  '\r\nSet-Cookie: a=b',
  '\u202e\u200b\ufeff',
  '\ud800',
  '\u{1f511}'.repeat(40),
  'e\u0301'.repeat(64),
  '../../etc/passwd',
  "' OR 1=1 --",
  '{{7*7}}',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'x'.repeat(65),
  'x'.repeat(1_025),
  '1e999',
  'null',
  '%00%2e%2e',
  mark,
];
const oddNumbers = [0, -0, -1, 0.1, 200, 201, 36_501, 2 ** 31, 2 ** 53, 1e308, -1e308];
const oddText = fc.oneof(fc.constantFrom(...oddTexts), fc.string({ unit: 'binary', maxLength: 80 }));
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  fc.constantFrom<unknown>(...oddNumbers, null, true, false, [], {}, [[]], [null], { __proto__: null }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.integer({ min: 1, max: 60 }).map(nested),
);

function nested(depth: number): unknown {
  return JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
}

/** The good value with some of its parts replaced, taken out or added. */
function mutated(good: unknown): fc.Arbitrary<unknown> {
  if (Array.isArray(good)) {
    const [first] = good;
    return fc.oneof(
      { weight: 4, arbitrary: mutated(first).map((each) => [each]) },
      { weight: 1, arbitrary: fc.array(mutated(first), { maxLength: 4 }) },
      { weight: 1, arbitrary: oddValue },
    );
  }
  if (typeof good !== 'object' || good === null) {
    return fc.oneof({ weight: 12, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: oddValue });
  }
  const members = Object.fromEntries(Object.entries(good).map(([name, member]) => [name, mutated(member)]));
  const requiredKeys = Object.keys(members);
  return fc.oneof(
    { weight: 20, arbitrary: fc.record(members, { requiredKeys }) },
    { weight: 1, arbitrary: fc.record(members, { requiredKeys: [] }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.record(members), oddText, oddValue)
        .map(([all, name, value]) => ({ ...all, [name]: value })),
    },
    { weight: 1, arbitrary: oddValue },
  );
}

/** Something that has the form that a schema asks for, and anything within it. */
function shaped(schema: RequestSchema): fc.Arbitrary<unknown> {
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms !== undefined) return fc.oneof(...forms.map(shaped));
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object':
      return fc.record(membersOf(schema), { requiredKeys: [...(schema.required ?? [])] });
    case 'array':
      return fc.array(shaped(schema.items ?? {}), { maxLength: 3 });
    case 'string':
      return fc.string({
        unit: 'grapheme',
        minLength: schema.minLength ?? 0,
        maxLength: Math.min(schema.maxLength ?? 40, 200),
      });
    case 'boolean':
      return fc.boolean();
    case 'number':
    case 'integer':
      return fc.oneof(fc.integer({ min: 0, max: 400 }), fc.constantFrom(...oddNumbers));
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function membersOf({ properties = {} }: RequestSchema): Record<string, fc.Arbitrary<unknown>> {
  return Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, shaped(member)]));
}

function bodyOf({ body, schema }: RequestSeed): fc.Arbitrary<Uint8Array> {
  const values: fc.WeightedArbitrary<unknown>[] =
    body === undefined
      ? [{ weight: 1, arbitrary: oddValue }]
      : [
          { weight: 6, arbitrary: fc.constant(body) },
          { weight: 6, arbitrary: mutated(body) },
          { weight: 2, arbitrary: fc.constantFrom(...wrongBodies(schema, body).map((wrong) => wrong.body)) },
          { weight: 2, arbitrary: shaped(schema) },
          { weight: 1, arbitrary: oddValue },
        ];
  const text = fc.oneof(...values).map((value) => JSON.stringify(value) ?? '');
  const bytes = fc.oneof(
    { weight: 20, arbitrary: text },
    { weight: 1, arbitrary: text.map((whole) => whole.slice(0, -1)) },
    { weight: 1, arbitrary: text.map((whole) => `\ufeff${whole}`) },
    { weight: 1, arbitrary: text.map((whole) => whole.replace('{', `{"a":1,"a":"${mark}",`)) },
    { weight: 1, arbitrary: text.map((whole) => whole.replaceAll(/\d+/g, '1e999')) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '{', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, `password=${mark}`),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  );
  const encoded = bytes.map((made) => (typeof made === 'string' ? new TextEncoder().encode(made) : made));
  // A route that takes no body is usually sent none.
  return body === undefined
    ? fc.oneof({ weight: 12, arbitrary: fc.constant(new Uint8Array()) }, { weight: 1, arbitrary: encoded })
    : encoded;
}

function targetOf({ route, target, ids }: RequestSeed): fc.Arbitrary<string> {
  const id = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...ids) },
    { weight: 1, arbitrary: oddText.map((text) => encodeURIComponent(text.toWellFormed())) },
    { weight: 1, arbitrary: fc.constantFrom('%zz', '%', '.', '..', '%2F', '%2e%2e') },
  );
  const [good = ''] = target.split('?');
  const filled = fc.array(id, { minLength: 3, maxLength: 3 }).map((each) => {
    const left = [...each];
    return route.path.replaceAll(/\{\w+\}/g, () => left.pop() ?? '');
  });
  const name = fc.oneof(
    fc.constantFrom('limit', 'cursor', 'state', 'purpose', 'subscriberId', 'enrollmentId', 'from'),
    oddText,
  );
  const value = fc.oneof(
    fc.constantFrom('1', '200', 'ready', 'identity', 'ada', 'now', 'beginning', ...ids),
    oddText,
  );
  const query = fc.array(fc.tuple(name, value), { maxLength: 3 }).map((pairs) => {
    const text = new URLSearchParams(
      pairs.map(([key, each]): [string, string] => [key.toWellFormed(), each.toWellFormed()]),
    );
    return pairs.length === 0 ? '' : `?${text}`;
  });
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(target) },
    { weight: 4, arbitrary: filled },
    { weight: 2, arbitrary: query.map((text) => `${good}${text}`) },
  );
}

function headersOf({ route, tokens }: RequestSeed): fc.Arbitrary<Record<string, string | undefined>> {
  const usually = <T>(usual: T, ...others: T[]) =>
    fc.oneof(
      { weight: 12, arbitrary: fc.constant(usual) },
      { weight: 1, arbitrary: fc.constantFrom(usual, ...others) },
    );
  const odd = fc.oneof(fc.constantFrom(...oddTexts), fc.string({ maxLength: 40 }));
  const rarely = fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: odd });
  const [first = 'application/json', ...others] = route.answer.media ?? [];
  return fc.record({
    authorization: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...tokens) },
      { weight: 1, arbitrary: odd },
    ),
    'content-type': usually<string | undefined>(
      'application/json',
      undefined,
      'text/plain',
      'application/cloudevents-batch+json',
      'application/json;charset=utf-16',
    ),
    accept: usually<string | undefined>(
      undefined,
      first,
      ...others,
      '*/*;q=0',
      'text/html',
      'application/*;q=0.1, a/b;q=x',
      ';;,,',
    ),
    'idempotency-key': needsIdempotencyKey(route)
      ? fc.oneof(
          { weight: 12, arbitrary: fc.uuid() },
          { weight: 1, arbitrary: fc.constantFrom('same', '', 'a b', 'x'.repeat(129)) },
        )
      : rarely,
    'if-match':
      route.method === 'PATCH'
        ? usually<string | undefined>('"1"', undefined, '*', '"999"', 'W/"1"', `"${mark}"`)
        : rarely,
    'last-event-id': rarely,
    'x-request-id': rarely,
    traceparent: rarely,
  });
}

/** Requests to a route, from good ones to those that make no sense. */
export function requestsTo(seed: RequestSeed): fc.Arbitrary<GeneratedRequest> {
  const { method } = seed.route;
  const others = fc.constantFrom(
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'get',
    '',
  );
  return fc.record({
    method: fc.oneof(
      { weight: 30, arbitrary: fc.constant<string>(method) },
      { weight: 1, arbitrary: others },
    ),
    target: targetOf(seed),
    headers: headersOf(seed),
    body: bodyOf(seed),
  });
}
