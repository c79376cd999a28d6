import { describe, expect, it } from 'vitest';
import { functions } from '#contract/functions.ts';
import { deployedRoutes, routes } from '#contract/routes.ts';
import { at, isRecord } from '../template.ts';
import { functionNames, type Parties } from './parties.ts';

const declared = deployedRoutes;
const routeKeys = declared.map(({ method, path }) => `${method} ${path}`);
/** What can be read can be asked for its head (RFC 9110 section 9.3.2). */
const headKeys = declared.filter(({ method }) => method === 'GET').map(({ path }) => `HEAD ${path}`);

/** The HTTP API in front of the functions. */
export function apiClaims(parties: Parties): void {
  const stage = () => parties.deployed.only(parties.deployed.service, 'AWS::ApiGatewayV2::Stage');

  describe('the API', () => {
    it('has the routes of the contract, each once, and no others', () => {
      const made = parties.deployed
        .all('AWS::ApiGatewayV2::Route')
        .map(({ Properties }) => Properties['RouteKey']);
      expect([...made].sort()).toEqual([...routeKeys, ...headKeys].sort());
    });

    it('has each route answered by its function', () => {
      for (const name of functionNames) {
        const { on } = functions[name];
        if (!('routes' in on)) continue;
        for (const route of on.routes) {
          const { method, path } = routes[route];
          expect(answering(parties, `${method} ${path}`), route).toBe(parties.lambda(name));
        }
      }
    });

    it('calls those functions by a role of its own, which may call them and do nothing else', () => {
      const caller = parties.deployed.only(parties.deployed.service, 'AWS::IAM::Role', 'HttpCaller');
      const arns = functionNames
        .filter((name) => 'routes' in functions[name].on)
        .map((name) => parties.lambda(name));
      expect(at(caller.Properties['Policies'], 0, 'PolicyDocument', 'Statement')).toEqual([
        { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: arns },
      ]);
      for (const { Properties } of parties.deployed.all('AWS::ApiGatewayV2::Integration')) {
        expect(String(Properties['CredentialsArn'])).toContain('HttpCaller');
      }
      expect(
        parties.deployed.all('AWS::Lambda::Permission').filter(({ id }) => id.startsWith('Http')),
      ).toEqual([]);
    });

    it('leaves it to the functions to verify tokens, so that every refusal is recorded', () => {
      for (const { Properties } of parties.deployed.all('AWS::ApiGatewayV2::Route')) {
        expect(Properties['AuthorizationType'] ?? 'NONE').toBe('NONE');
      }
    });

    it('limits each route by what it costs', () => {
      const settings = stage().Properties['RouteSettings'];
      expect(isRecord(settings) ? Object.keys(settings).sort() : []).toEqual([...routeKeys].sort());
      const exporting = at(settings, 'POST /v1/enrollments/{enrollmentId}/exports', 'ThrottlingRateLimit');
      const listing = at(settings, 'GET /v1/enrollments', 'ThrottlingRateLimit');
      expect(Number(exporting)).toBeLessThan(Number(listing));
    });

    it('waits for each function longer than that runs, by what its start may take', () => {
      const integrations = parties.deployed.all('AWS::ApiGatewayV2::Integration');
      expect(integrations.length).toBeGreaterThan(0);
      for (const { id, Properties } of integrations) {
        const called = parties.deployed
          .all('AWS::Lambda::Function')
          .find((one) => String(Properties['IntegrationUri']).endsWith(one.id));
        const seconds = Number(called?.Properties['Timeout']);
        expect(Number(Properties['TimeoutInMillis']), id).toBeGreaterThanOrEqual((seconds + 4) * 1_000);
      }
    });

    it('is set up only once the routes are there that it limits', () => {
      const needed = JSON.stringify(stage().DependsOn);
      for (const { id } of parties.deployed.all('AWS::ApiGatewayV2::Route'))
        expect(needed).toContain(`"${id}"`);
    });

    it('logs each request without a word of who made it, and of whom it was', () => {
      const format = String(at(stage().Properties['AccessLogSettings'], 'Format'));
      expect(format).toContain('$context.requestId');
      expect(format).not.toMatch(/identity|authorizer|sourceIp|userAgent|\$context\.path|\$request/i);
    });

    it('is called by no web page, unless the organization names some', () => {
      const api = parties.deployed.only(parties.deployed.service, 'AWS::ApiGatewayV2::Api');
      expect(api.Properties).not.toHaveProperty('CorsConfiguration');
    });
  });
}

/** The ARN of the function that answers a route. */
function answering(parties: Parties, routeKey: string): unknown {
  const [route] = parties.deployed
    .all('AWS::ApiGatewayV2::Route')
    .filter(({ Properties }) => Properties['RouteKey'] === routeKey);
  const [integration] = parties.deployed
    .all('AWS::ApiGatewayV2::Integration')
    .filter(({ id }) => String(route?.Properties['Target']).endsWith(id));
  return integration?.Properties['IntegrationUri'];
}
