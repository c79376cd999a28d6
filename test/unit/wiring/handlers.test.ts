import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { needsIdempotencyKey } from '#contract/api/route.ts';
import { environmentNames } from '#contract/environment.ts';
import { type FunctionName, type FunctionSpec, functions } from '#contract/functions.ts';
import { deployedRoutes, type RouteName, routes } from '#contract/routes.ts';
import type { ApiResult } from '#runtime/lambda/api-event.ts';
import { environmentOfFunction } from '#test/support/function-environment.ts';
import { apiEvent, invocation } from '#test/support/lambda-events.ts';

const root = join(import.meta.dirname, '../../..');
const names = Object.keys(functions).filter((name): name is FunctionName => Object.hasOwn(functions, name));
const specOf = (name: FunctionName): FunctionSpec => functions[name];

beforeAll(() => {
  // What functions write is looked at elsewhere.
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  // Whoever asks AWS anything asks nobody.
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:9');
});
afterAll(() => {
  vi.unstubAllEnvs();
});

/** The handler of a function, begun with what the function is told and nothing else of ours. */
async function handlerOf(name: FunctionName): Promise<(event: unknown) => Promise<unknown>> {
  const told = environmentOfFunction(name);
  for (const each of Object.values(environmentNames)) vi.stubEnv(each, told[each]);
  const { handler } = await import(/* @vite-ignore */ join(root, 'lambdas', `${functions[name].entry}.ts`));
  return (event) => handler(event, invocation());
}

function routesOf(name: FunctionName): readonly RouteName[] {
  const { on } = specOf(name);
  return 'routes' in on ? on.routes : [];
}

describe('the functions of the table', () => {
  it('answer every route, each by one function', () => {
    const answered = names.flatMap(routesOf);
    expect(new Set(answered).size).toBe(answered.length);
    expect(new Set(answered.map((name) => routes[name]))).toStrictEqual(new Set(deployedRoutes));
  });

  it('may claim an idempotency key where one of their routes takes one, and may record what they refuse', () => {
    for (const name of names.filter((each) => routesOf(each).length > 0)) {
      const { uses } = specOf(name);
      const claims = routesOf(name).some((route) => needsIdempotencyKey(routes[route]));
      // One claims keys of its own, by the events that it takes.
      if (name !== 'publish-events')
        expect([name, uses.includes('claims:write')]).toStrictEqual([name, claims]);
      expect(uses).toContain('ledger:append');
    }
  });

  it.for(names.filter((name) => routesOf(name).length > 0))(
    '%s answers its routes, and no others',
    async (name) => {
      const handler = await handlerOf(name);
      const allowed = async (route: RouteName) => {
        const path = routes[route].path.replaceAll(/[{}]/g, '');
        const { statusCode, headers } = apiResult(await handler(apiEvent({ method: 'TRACE', path })));
        return statusCode === 405 ? headers['allow']?.split(', ', 1)[0] : undefined;
      };
      for (const route of routesOf(name)) expect(await allowed(route)).toBe(routes[route].method);
      const others = (['readHealth', 'showOrganization', 'setPassword'] as const).filter(
        (route) => !routesOf(name).some((own) => routes[own].path === routes[route].path),
      );
      for (const route of others) expect(await allowed(route)).toBeUndefined();
    },
  );

  const consuming = names.filter((name) => 'consumer' in specOf(name).on || 'unhandled' in specOf(name).on);
  const following = names.filter((name) => 'stream' in specOf(name).on);
  it.for([...consuming, ...following])('%s takes batches', async (name) => {
    const handler = await handlerOf(name);
    expect(await handler({ Records: [] })).toStrictEqual({ batchItemFailures: [] });
    await expect(handler({ detail: {} })).rejects.toMatchObject({ code: 'invalid-input', details: {} });
  });

  it.for(names.filter((name) => 'called' in specOf(name).on))(
    '%s tells its caller why it refuses',
    async (name) => {
      const handler = await handlerOf(name);
      const reply = await handler({ organization: 'acme', password: 'no base64' });
      expect(reply).toMatchObject({ error: { code: 'invalid-input', issues: expect.anything() } });
      expect(JSON.stringify(reply)).not.toContain('no base64');
    },
  );

  it.for(names.filter((name) => 'everyMinutes' in specOf(name).on))('%s has a handler', async (name) => {
    expect(await handlerOf(name)).toBeTypeOf('function');
  });

  it('begin in no other environment than that of one of theirs', async () => {
    for (const each of Object.values(environmentNames)) vi.stubEnv(each, undefined);
    vi.resetModules();
    const module = join(root, 'lambdas/make-key-pair/identity-queue-handler.ts');
    await expect(import(/* @vite-ignore */ module)).rejects.toMatchObject({
      code: 'not-set-up',
      details: { field: 'ESCROW_FUNCTION' },
    });
  });
});

function apiResult(value: unknown): ApiResult {
  const isResult = typeof value === 'object' && value !== null && 'statusCode' in value;
  if (!isResult || typeof value.statusCode !== 'number') throw new TypeError('it is no answer');
  const headers = 'headers' in value && typeof value.headers === 'object' ? { ...value.headers } : {};
  return { statusCode: value.statusCode, headers, body: '', isBase64Encoded: false };
}
