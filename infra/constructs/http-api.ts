import { Duration } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiMapping,
  CfnStage,
  CorsHttpMethod,
  DomainName,
  HttpApi,
  HttpMethod,
  type HttpRoute,
  type HttpRouteIntegrationBindOptions,
  type HttpRouteIntegrationConfig,
  HttpStage,
  IntegrationCredentials,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import type { FunctionName } from '#contract/functions.ts';
import { deployedRoutes, type RouteName, routes } from '#contract/routes.ts';
import { functionsWhere, specOf } from '../function-names.ts';
import type { EscrowDomain } from '../props.ts';
import type { ServiceFunction } from './service-function.ts';

export interface ServiceApiProps {
  domain?: EscrowDomain;
  corsOrigins: readonly string[];
  /** How its log is kept. */
  logs: LogGroupProps;
}

/** Requests a second, and in one burst, to each route by what it costs; for all callers together. */
const limits = {
  read: { rate: 200, burst: 400 },
  write: { rate: 100, burst: 200 },
  costly: { rate: 20, burst: 40 },
  unauthenticated: { rate: 50, burst: 100 },
} as const;

/** Nothing of who called or whom it was about: neither address nor path, which may hold what a person is called. */
const logged = {
  time: '$context.requestTime',
  requestId: '$context.requestId',
  route: '$context.routeKey',
  status: '$context.status',
  bytes: '$context.responseLength',
  milliseconds: '$context.responseLatency',
  functionMilliseconds: '$context.integrationLatency',
  functionStatus: '$context.integrationStatus',
  functionError: '$context.integrationErrorMessage',
};

/** The HTTP API: one function for each route, and in front of it no authorizer, since each function verifies tokens itself. */
export class ServiceApi extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  /** Of the API: what access tokens are asked for. Without a slash at its end. */
  readonly url: string;

  constructor(scope: Construct, id: string, { domain, corsOrigins, logs }: ServiceApiProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      description: 'Enrollment key escrow',
      createDefaultStage: false,
      disableExecuteApiEndpoint: domain !== undefined,
      ...(corsOrigins.length > 0 && { corsPreflight: corsFor(corsOrigins) }),
    });
    const log = new LogGroup(this, 'AccessLog', logs);
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: limits.read.rate, burstLimit: limits.read.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(log),
        format: AccessLogFormat.custom(JSON.stringify(logged)),
      },
    });
    this.url = domain === undefined ? this.api.apiEndpoint : `https://${domain.name}`;
    if (domain !== undefined) this.nameIt(domain);
  }

  /** Has each route answered by its function. */
  answerBy(functionOf: (name: FunctionName) => ServiceFunction): void {
    const names = functionsWhere(({ on }) => 'routes' in on);
    const caller = this.caller(names.map((name) => functionOf(name).lambda.functionArn));
    const answered = names.flatMap((name) => {
      const { on } = specOf(name);
      if (!('routes' in on)) return [];
      const integration = new CalledByRole(name, functionOf(name).lambda, caller);
      return on.routes.flatMap((route) => this.route(route, integration));
    });
    // The stage names the routes in its limits, and so needs them first.
    this.stage.node.addDependency(...answered);
    const { defaultChild } = this.stage.node;
    if (defaultChild instanceof CfnStage) defaultChild.routeSettings = routeSettings();
  }

  /** Calls the functions in the API's name. */
  private caller(functionArns: string[]): Role {
    const call = new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: functionArns });
    return new Role(this, 'Caller', {
      description: 'Enrollment key escrow: calls the functions of routes',
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      inlinePolicies: { Functions: new PolicyDocument({ statements: [call] }) },
    });
  }

  private route(name: RouteName, integration: HttpLambdaIntegration): HttpRoute[] {
    const { method, path } = routes[name];
    // What can be read can be asked for its head (RFC 9110 section 9.3.2).
    const methods = method === 'GET' ? [HttpMethod.GET, HttpMethod.HEAD] : [HttpMethod[method]];
    return this.api.addRoutes({ path, methods, integration });
  }

  private nameIt({ name, certificateArn, hostedZone }: EscrowDomain): void {
    const certificate = Certificate.fromCertificateArn(this, 'Certificate', certificateArn);
    const domainName = new DomainName(this, 'Domain', { domainName: name, certificate });
    new ApiMapping(this, 'Mapping', { api: this.api, domainName, stage: this.stage });
    if (hostedZone === undefined) return;
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', {
      hostedZoneId: hostedZone.id,
      zoneName: hostedZone.name,
    });
    const { regionalDomainName, regionalHostedZoneId } = domainName;
    const target = new ApiGatewayv2DomainProperties(regionalDomainName, regionalHostedZoneId);
    new ARecord(this, 'Record', { zone, recordName: name, target: RecordTarget.fromAlias(target) });
  }
}

/** A function that the API calls by a role, and not by a permission of each function: a stack takes only so many resources. */
class CalledByRole extends HttpLambdaIntegration {
  readonly #role: Role;

  constructor(id: string, handler: IFunction, role: Role) {
    // The longest that the CDK takes; API Gateway would wait for 30.
    super(id, handler, { timeout: Duration.seconds(29) });
    this.#role = role;
  }

  override bind(options: HttpRouteIntegrationBindOptions): HttpRouteIntegrationConfig {
    return { ...super.bind(options), credentials: IntegrationCredentials.fromRole(this.#role) };
  }

  /** In place of the permission. */
  protected override completeBind(): void {}
}

function routeSettings(): Record<string, { ThrottlingBurstLimit: number; ThrottlingRateLimit: number }> {
  return Object.fromEntries(
    deployedRoutes.map(({ method, path, rate }) => {
      const { rate: ThrottlingRateLimit, burst: ThrottlingBurstLimit } = limits[rate];
      return [`${method} ${path}`, { ThrottlingBurstLimit, ThrottlingRateLimit }];
    }),
  );
}

function corsFor(origins: readonly string[]) {
  const methods = [...new Set(deployedRoutes.map(({ method }) => method))];
  return {
    allowOrigins: [...origins],
    allowMethods: methods.map((method) => CorsHttpMethod[method]),
    allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'last-event-id', 'if-match'],
    exposeHeaders: ['etag', 'location', 'retry-after', 'www-authenticate'],
    maxAge: Duration.hours(1),
  };
}
