import { Ajv2020, type AnySchemaObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'vitest';
import { codesOf } from '#contract/api/codes.ts';
import type { Route } from '#contract/api/route.ts';
import { statusOf } from '#contract/api/status.ts';
import { type RouteName, routes } from '#contract/routes.ts';
import { type ErrorCode, errorTable } from '#domain/error-codes.ts';
import description from '../../docs/openapi.json' with { type: 'json' };
import type { RequestSchema } from './wrong-fields.ts';

/** An answer as it left. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  bytes: Uint8Array;
  /** Whether it is a stream, of which nothing was read. */
  isStream: boolean;
}

interface Described {
  headers?: Record<string, object>;
  content?: Record<string, { schema: object }>;
  $ref?: string;
  description?: string;
}

const named: readonly [string, Route][] = Object.entries(routes);
interface Operation {
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, Described>;
}
const paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> = description.paths;

const ajv = new Ajv2020({ strict: true, allErrors: true, strictTypes: false });
formats.default(ajv);
const compiled = new Map<string, ValidateFunction>();

/**
 * The schemas that others refer to, as JSON Schema has them beside one.
 */
const shared = closed(description.components.schemas);

/**
 * The same schemas, by which an object has the members that are described and no others: what leaves unseen is what leaks.
 */
function closed(value: unknown): AnySchemaObject {
  const text = JSON.stringify(value).replaceAll('"#/components/schemas/', '"#/$defs/');
  const copy: unknown = JSON.parse(text, (_name, member: unknown) => {
    const isObject = typeof member === 'object' && member !== null && 'properties' in member;
    return isObject && !('additionalProperties' in member)
      ? { ...member, additionalProperties: false }
      : member;
  });
  return typeof copy === 'object' && copy !== null ? copy : {};
}

/** The route that an address and method mean, found without the service's own matching. */
export function routeOf(
  method: string,
  path: string,
): { name: RouteName | undefined; route: Route } | undefined {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const segments = path.split('/');
  const found = named.find(([, { method: its, path: template }]) => {
    const parts = template.split('/');
    const fits = (part: string, index: number) =>
      part.startsWith('{') ? segments[index] !== '' : part === segments[index];
    return its === wanted && parts.length === segments.length && parts.every(fits);
  });
  return found && { name: isRouteName(found[0]) ? found[0] : undefined, route: found[1] };
}

function isRouteName(name: string): name is RouteName {
  return Object.hasOwn(routes, name);
}

/** What the description says of the JSON that a route takes. */
export function requestSchemaOf({ path, method }: Route): RequestSchema {
  const { requestBody } = paths[path]?.[method.toLowerCase()] ?? {};
  return JSON.parse(JSON.stringify(requestBody?.content['application/json']?.schema ?? {}));
}

/**
 * Expects that what was taken is what the description says can be sent; as text is after trimming, which whoever sends it may
 * leave to the service.
 */
export function expectRequestDescribed(method: string, target: string, body: Uint8Array): void {
  const { name, route } = routeOf(method, target.split('?')[0] ?? '') ?? {};
  // Each request of a batch has a result of its own; and a list of events is described under a media type of its own.
  if (route === undefined || body.length === 0 || name === 'requestEnrollments' || name === 'publishEvents')
    return;
  const value: unknown = JSON.parse(new TextDecoder().decode(body), (_name, member: unknown) =>
    typeof member === 'string' ? member.trim().normalize('NFC') : member,
  );
  const validate = validatorOf(requestSchemaOf(route));
  expect(validate(value) ? [] : validate.errors, JSON.stringify(value)).toEqual([]);
}

/** Headers that every answer may have; others must be described. */
const usual = ['cache-control', 'content-type', 'x-content-type-options', 'x-request-id'];

/** Expects that an answer is one that the description of the API has for the request. */
export function expectDescribed(method: string, path: string, answer: Answer): void {
  const { status, headers } = answer;
  const about = `${method} ${path} -> ${status} ${new TextDecoder().decode(answer.bytes.slice(0, 2_000))}`;
  expect(headers, about).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  expect(headers['x-request-id'], about).toMatch(/^[\w.-]{1,64}$/);
  const { route } = routeOf(method, path) ?? {};
  if (status >= 400 || route === undefined) expectProblem(route, answer, about);
  else expectSuccess(route, answer, about);
}

function expectSuccess(route: Route, { status, headers, bytes, isStream }: Answer, about: string): void {
  const described = paths[route.path]?.[route.method.toLowerCase()]?.responses[status];
  expect(described, about).toBeDefined();
  const type = headers['content-type'];
  const isJson = type?.endsWith('json') === true;
  expect(Object.keys(described?.content ?? { undefined }), about).toContain(String(type));
  const own = Object.keys(described?.headers ?? {})
    .map((name) => name.toLowerCase())
    // JSON is no file to save.
    .filter((name) => name !== 'x-request-id' && !(name === 'content-disposition' && isJson));
  expect(new Set(Object.keys(headers).filter((name) => !usual.includes(name))), about).toEqual(new Set(own));
  expect(isStream, about).toBe(type === 'text/event-stream');
  if (type === undefined) expect(bytes, about).toHaveLength(0);
  else if (isJson) expectValid(described?.content?.[type]?.schema, bytes, about);
}

function expectProblem(route: Route | undefined, { status, headers, bytes }: Answer, about: string): void {
  expect(headers['content-type'], about).toBe('application/problem+json');
  const problem = expectValid({ $ref: '#/$defs/Problem' }, bytes, about);
  const { code } = problem;
  if (!isCode(code)) throw new TypeError(about);
  const codes: ErrorCode[] = route === undefined ? ['no-such-route', 'method-not-allowed'] : codesOf(route);
  // What the path of a route may be, only the service knows: a parameter that is no text is not there.
  if (route?.path.includes('{')) codes.push('no-such-route');
  expect(codes, about).toContain(code);
  expect([problem['status'], status], about).toEqual([statusOf(code), statusOf(code)]);
  expect(problem['requestId'], about).toBe(headers['x-request-id']);
  expect(problem['retryable'], about).toBe(errorTable[code].retry);
  expect(headers['retry-after'] !== undefined, about).toBe(errorTable[code].retry);
  expect(headers['www-authenticate'] !== undefined, about).toBe(status === 401);
  if (route !== undefined)
    expect(paths[route.path]?.[route.method.toLowerCase()]?.responses, about).toHaveProperty(String(status));
}

function isCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code);
}

/** Expects that JSON is valid by a schema of the description, and returns it. */
function expectValid(schema: object | undefined, bytes: Uint8Array, about: string): Record<string, unknown> {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  const validate = validatorOf(schema ?? {});
  expect(validate(value) ? [] : validate.errors, about).toEqual([]);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(about);
  return Object.fromEntries(Object.entries(value));
}

function validatorOf(schema: object): ValidateFunction {
  const name = JSON.stringify(schema);
  const validate = compiled.get(name) ?? ajv.compile({ $defs: shared, ...closed(schema) });
  compiled.set(name, validate);
  return validate;
}
