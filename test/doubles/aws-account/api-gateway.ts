import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import * as v from 'valibot';
import { type FunctionName, functions } from '#contract/functions.ts';
import { routes } from '#contract/routes.ts';
import { onLoopback } from '../loopback.ts';
import type { Outcome } from '../runtime-api/runtime-api.ts';

export interface ApiGatewayDouble {
  /** Where the API is. */
  url: string;
  /** The function that each request went to, in order. */
  invoked: FunctionName[];
  close(): Promise<void>;
}

const resultSchema = v.object({
  statusCode: v.number(),
  headers: v.record(v.string(), v.string()),
  body: v.string(),
  isBase64Encoded: v.boolean(),
});

/**
 * A stand-in for an HTTP API of Amazon API Gateway on loopback: hands each request to the function of its route, in payload
 * format 2.0, and makes an answer of what it gives (Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs").
 */
export async function startApiGateway(
  invoke: (name: FunctionName, event: unknown) => Promise<Outcome>,
): Promise<ApiGatewayDouble> {
  const invoked: FunctionName[] = [];
  const server = createServer(async (request, response) => {
    const name = functionFor(request);
    if (name === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"Not Found"}');
      return;
    }
    invoked.push(name);
    const outcome = await invoke(name, await eventOf(request));
    const result = v.safeParse(resultSchema, outcome.ok ? outcome.payload : undefined);
    if (!result.success) {
      const body = '{"message":"Internal Server Error"}';
      response.writeHead(500, { 'content-type': 'application/json' }).end(body);
      return;
    }
    const { statusCode, headers, body, isBase64Encoded } = result.output;
    response.writeHead(statusCode, headers);
    response.end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
  });
  const { endpoint: url, close } = await onLoopback(server);
  return { url, invoked, close };
}

/** A route matches by method and path; the most special one first, as API Gateway has it. */
const table = Object.entries(functions)
  .flatMap(([name, { on }]) =>
    'routes' in on ? on.routes.map((route) => ({ name, route: routes[route] })) : [],
  )
  .map(({ name, route: { method, path } }) => ({
    name,
    method,
    pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
    parameters: path.split('{').length,
  }))
  .sort((one, other) => one.parameters - other.parameters);

function functionFor({ method, url = '' }: IncomingMessage): FunctionName | undefined {
  const path = url.split('?')[0] ?? '';
  const found = table.find((each) => each.method === method && each.pattern.test(path))?.name;
  return isFunctionName(found) ? found : undefined;
}

export function isFunctionName(name: string | undefined): name is FunctionName {
  return name !== undefined && Object.hasOwn(functions, name);
}

async function eventOf(request: IncomingMessage) {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const body = await buffer(request);
  const headers = Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(',')]);
  const http = {
    method: request.method,
    path: decodeURIComponent(path),
    protocol: 'HTTP/1.1',
    sourceIp: '192.0.2.1',
    userAgent: request.headers['user-agent'] ?? '',
  };
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: decodeURIComponent(path),
    rawQueryString: query,
    headers: Object.fromEntries(headers),
    requestContext: {
      http,
      requestId: `${randomUUID().slice(0, 15)}=`,
      stage: '$default',
      timeEpoch: Date.now(),
    },
    ...(body.length > 0 && { body: body.toString('base64') }),
    isBase64Encoded: body.length > 0,
  };
}
