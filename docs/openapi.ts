import { type ConversionConfig, type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { codesOf } from '#contract/api/codes.ts';
import { enrollmentView } from '#contract/api/enrollments.ts';
import { organizationView } from '#contract/api/organization.ts';
import { problemSchema } from '#contract/api/problem.ts';
import { needsIdempotencyKey, type Route } from '#contract/api/route.ts';
import { statusOf } from '#contract/api/status.ts';
import { webhookView } from '#contract/api/webhooks.ts';
import { routes, tags } from '#contract/routes.ts';
import { roles } from '#domain/principal.ts';
import packageJson from '../package.json' with { type: 'json' };
import { conversion } from './json-schema.ts';

type Schema = v.GenericSchema;

/** What several routes share, by the name under which the description has it. */
const shared = {
  Enrollment: enrollmentView,
  Organization: organizationView,
  Problem: problemSchema,
  Webhook: webhookView,
};

const withReferences: ConversionConfig = {
  ...conversion,
  definitions: shared,
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
};

/** The API as OpenAPI 3.1 describes it, from the table of routes. */
export function openApi() {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, route] of Object.entries(routes)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(name, route) };
  }
  const { name, version, license } = packageJson;
  return {
    openapi: '3.1.1',
    info: {
      title: 'Enrollment key escrow',
      version,
      description: `Makes, guards, escrows and gives back the key pairs behind certificate requests (${name}). Every refusal is a problem document (RFC 9457) with a stable code and the next step.`,
      license: { name: license, identifier: license },
    },
    servers: [{ url: '/', description: 'The server that gave this description.' }],
    tags: Object.entries(tags).map(([tag, description]) => ({ name: tag, description })),
    security: [{ accessToken: [] }],
    paths,
    components: {
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'An OpenID Connect access token of the issuer that /.well-known/oauth-protected-resource names.',
        },
      },
      headers: {
        RequestId: { description: 'Names this request in logs and records.', schema: { type: 'string' } },
        RetryAfter: { description: 'Seconds until it is worth another try.', schema: { type: 'string' } },
      },
      responses: { Problem: problemResponse },
      schemas: Object.fromEntries(
        Object.entries(shared).map(([named, schema]) => [named, schemaOf(schema, withoutItself(named))]),
      ),
    },
  };
}

function withoutItself(name: string): ConversionConfig {
  const definitions = Object.fromEntries(Object.entries(shared).filter(([other]) => other !== name));
  return { ...withReferences, definitions };
}

function schemaOf(schema: Schema, config: ConversionConfig = withReferences): JsonSchema {
  const { $schema: _dialect, $defs: _elsewhere, ...rest } = toJsonSchema(schema, config);
  return rest;
}

function operation(name: string, route: Route) {
  const { tag, summary, answer, body } = route;
  const where =
    route.served === undefined ? '' : 'Served on one machine only: on AWS there is no such route.';
  const whoever = route.roles === 'anyone' ? [] : route.roles;
  return {
    operationId: name,
    tags: [tag],
    // The first sentence, or what it says before it explains.
    summary: summary.split(/[:.;] |\.$/)[0],
    description: [summary, whoever.length === 0 ? '' : `For: ${whoever.join(', ')}.`, where].join(' ').trim(),
    ...(route.roles === 'anyone' && { security: [] }),
    ...(whoever.length > 0 && { 'x-roles': roles.filter((role) => whoever.includes(role)) }),
    parameters: parametersOf(route),
    ...(body.largest > 0 && { requestBody: requestBody(route) }),
    responses: { [answer.status]: success(route), ...refusals(route) },
  };
}

function parametersOf(route: Route): object[] {
  return [
    ...fieldsOf(route.params).map(({ name, schema }) => ({ name, in: 'path', required: true, schema })),
    ...fieldsOf(route.query).map(({ name, schema, required }) => ({ name, in: 'query', required, schema })),
    ...(needsIdempotencyKey(route) ? [idempotencyKey] : []),
    ...(route.method === 'PATCH' ? [ifMatch] : []),
    ...(route.answer.media?.includes('text/event-stream') === true ? [lastEventId] : []),
  ];
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description: 'A new one for each new request, the same to repeat it. Remembered for 24 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 128, pattern: '^[\\x21-\\x7e]+$' },
};

const ifMatch = {
  name: 'If-Match',
  in: 'header',
  required: true,
  description: 'The ETag of what is to be changed.',
  schema: { type: 'string', pattern: '^"\\d{1,15}"$' },
};

const lastEventId = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description: 'The id of the last event that was received: the stream goes on after it.',
  schema: { type: 'string', maxLength: 64 },
};

function fieldsOf(schema: Schema) {
  const { properties = {}, required = [] } = schemaOf(schema);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    schema: property,
    required: required.includes(name),
  }));
}

function requestBody({ body }: Route) {
  const content = Object.fromEntries(
    (body.media ?? ['application/json']).map((media) => [
      media,
      { schema: schemaOf(body.described?.[media] ?? body.schema) },
    ]),
  );
  return { required: true, description: `At most ${body.largest} bytes.`, content };
}

function success({ answer }: Route) {
  const media = answer.media ?? (answer.schema === undefined ? [] : ['application/json']);
  const content = Object.fromEntries(
    media.map((type) => [type, { schema: contentSchema(type, answer.schema) }]),
  );
  const headers = Object.fromEntries(
    Object.entries(answer.headers ?? {}).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  );
  return {
    description: answer.description,
    headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' }, ...headers },
    ...(media.length > 0 && { content }),
  };
}

function contentSchema(media: string, schema: Schema | undefined): object {
  return schema !== undefined && media.endsWith('json') ? schemaOf(schema) : { type: 'string' };
}

/** What the route is refused with, by status, with the codes of each. */
function refusals(route: Route) {
  const byStatus = Map.groupBy(codesOf(route), statusOf);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      { $ref: '#/components/responses/Problem', description: `Refused: ${codes.join(', ')}.` },
    ]),
  );
}

const problemResponse = {
  description: 'Refused: the problem document says why, and what to do next.',
  headers: {
    'X-Request-Id': { $ref: '#/components/headers/RequestId' },
    'Retry-After': { $ref: '#/components/headers/RetryAfter' },
  },
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
