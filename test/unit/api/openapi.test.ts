import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codesOf } from '#contract/api/codes.ts';
import { needsIdempotencyKey, type Route } from '#contract/api/route.ts';
import { statusOf } from '#contract/api/status.ts';
import { type RouteName, routes } from '#contract/routes.ts';
import { errorTable } from '#domain/error-codes.ts';
import { endpointsOf } from '#local/server/endpoints.ts';
import { type ApiWorld, makeApiWorld } from '#test/support/api.ts';
import { requestSchemaOf } from '#test/support/api-description.ts';
import { furnish, type Records, routeNames, sensibleRequests } from '#test/support/api-requests.ts';
import { openApi } from '../../../docs/openapi.ts';

interface Parameter {
  name: string;
  in: string;
  required: boolean;
  schema: object;
}
interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  parameters: Parameter[];
  security?: object[];
  requestBody?: { content: Record<string, object> };
  responses: Record<string, { description: string; content?: Record<string, object> }>;
}
interface Described {
  paths: Record<string, Record<string, Operation>>;
  tags: { name: string }[];
  components: { schemas: Record<string, object> };
}

const declared: Readonly<Record<RouteName, Route>> = routes;
const text = JSON.stringify(openApi());
const description: Described = JSON.parse(text);
const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

function operationOf(name: RouteName): Operation {
  const found = operations.find(({ operation }) => operation.operationId === name);
  return found?.operation ?? expect.unreachable(`${name} is not described`);
}

describe('the description, as another program reads it', () => {
  it.each(['spec', 'recommended-strict'])('has no problem by the rules called %s', async (rules) => {
    const config = await createConfig({ extends: [rules] });
    const problems = await lintFromString({ source: text, config });
    expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual(
      [],
    );
  });

  it('would have problems if it were wrong', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const wrong = JSON.stringify({ ...openApi(), tags: 1, security: undefined });
    const rules = (await lintFromString({ source: wrong, config })).map(({ ruleId }) => ruleId);
    expect(rules).toEqual(expect.arrayContaining(['struct', 'security-defined']));
  });

  it('has schemas that another reader of JSON Schema takes, each by itself', () => {
    const ajv = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true });
    formats.default(ajv);
    const schemas = JSON.parse(
      JSON.stringify(description.components.schemas).replaceAll('#/components/schemas/', '#/$defs/'),
    );
    for (const schema of Object.values(schemas)) {
      expect(() => ajv.compile({ $defs: schemas, ...Object(schema) })).not.toThrow();
    }
    for (const name of routeNames) expect(() => ajv.compile(requestSchemaOf(declared[name]))).not.toThrow();
  });
});

describe('every route', () => {
  let api: ApiWorld;
  let records: Records;
  beforeAll(async () => {
    api = await makeApiWorld();
    records = await furnish(api);
  });
  afterAll(() => api.close());

  it('is described once, and nothing else is', () => {
    expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual([...routeNames].sort());
    const places = operations.map(({ path, method }) => `${method} ${path}`);
    const own = routeNames.map((name) => `${declared[name].method.toLowerCase()} ${declared[name].path}`);
    expect(places.sort()).toEqual(own.sort());
    expect(new Set(own).size).toBe(own.length);
  });

  it('has an endpoint that answers it, and there is no other', () => {
    const service = { issuer: '', resource: '', openApi: {} };
    const endpoints = endpointsOf(api.world.dependencies, service);
    expect(endpoints.map(({ name }) => name).sort()).toEqual([...routeNames].sort());
    for (const { name, route } of endpoints) {
      expect(route).toBe(Object.entries(declared).find(([other]) => other === name)?.[1]);
    }
  });

  it.each(routeNames)('has a summary of one sentence, and a tag that is explained: %s', (name) => {
    const { summary, description: said, tags } = operationOf(name);
    expect(summary).toMatch(/^[A-Z](?!.*[.:;] ).*[^.]$/);
    expect(said).toMatch(/^[A-Z].*\.$/);
    expect(description.tags.map((tag) => tag.name)).toEqual(expect.arrayContaining(tags));
    expect(tags).toHaveLength(1);
  });

  it.each(routeNames)('says what its path, query and headers are: %s', (name) => {
    const route = declared[name];
    const { parameters } = operationOf(name);
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, param]) => param);
    const named = (where: string) => parameters.filter((each) => each.in === where).map((each) => each.name);
    expect(named('path')).toEqual(inPath);
    expect(parameters.filter((each) => each.in === 'path').every(({ required }) => required)).toBe(true);
    expect(named('header').includes('Idempotency-Key')).toBe(needsIdempotencyKey(route));
    expect(named('header').includes('If-Match')).toBe(route.method === 'PATCH');
    expect(new Set(parameters.map((each) => `${each.in} ${each.name}`)).size).toBe(parameters.length);
  });

  it.each(routeNames)('says whether it needs a token, and who may use it: %s', (name) => {
    const { security, description: said } = operationOf(name);
    const { roles } = declared[name];
    expect(security).toEqual(roles === 'anyone' ? [] : undefined);
    if (roles !== 'anyone') for (const role of roles) expect(said).toContain(role);
  });

  it.each(routeNames)('names every code that it can be refused with, under its status: %s', (name) => {
    const { responses } = operationOf(name);
    for (const code of codesOf(declared[name])) {
      expect(responses[String(statusOf(code))]?.description.split(/[ ,.]+/)).toContain(code);
    }
    const told = Object.values(responses).flatMap(({ description: said }) =>
      said.startsWith('Refused: ') ? said.slice('Refused: '.length, -1).split(', ') : [],
    );
    expect(told.sort()).toEqual(codesOf(declared[name]));
    for (const code of told) expect(errorTable).toHaveProperty(code);
  });

  it.each(routeNames)('describes the request that the tests call sensible: %s', (name) => {
    const { body } = sensibleRequests(records)[name];
    expect(operationOf(name).requestBody !== undefined).toBe(body !== undefined);
    if (body === undefined) return;
    const ajv = new Ajv2020({ strict: true, strictTypes: false });
    formats.default(ajv);
    expect(ajv.validate(requestSchemaOf(declared[name]), body), JSON.stringify(ajv.errors)).toBe(true);
  });

  it('is told by the service as it is described', async () => {
    const { json } = await api.call('GET', '/openapi.json');
    expect(json).toEqual(description);
  });
});
