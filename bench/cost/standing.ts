import * as v from 'valibot';
import { assumptions } from './assumptions.ts';
import { type MonthlyPriceName, monthlyPrices } from './prices.ts';

/** What stands in an account each month, used or not. */
export type Standing = Partial<Record<MonthlyPriceName, number>>;

export interface StandingLine {
  name: MonthlyPriceName;
  unit: string;
  count: number;
  /** US dollars a month. */
  usd: number;
}

const templateSchema = v.looseObject({
  Resources: v.record(
    v.string(),
    v.looseObject({ Type: v.string(), Properties: v.optional(v.looseObject({}), {}) }),
  ),
});

const alarmSchema = v.object({
  Metrics: v.optional(v.array(v.looseObject({ MetricStat: v.optional(v.unknown()) }))),
});
const mappingSchema = v.looseObject({ StartingPosition: v.optional(v.string()) });
const endpointSchema = v.object({
  VpcEndpointType: v.optional(v.string(), 'Gateway'),
  SubnetIds: v.optional(v.array(v.unknown()), []),
});
const stageSchema = v.object({
  DefaultRouteSettings: v.optional(v.object({ DetailedMetricsEnabled: v.optional(v.boolean(), false) })),
});

/** A poller that finds nothing waits for twenty seconds, and a month has 730 hours. */
const idlePolls = assumptions.pollersPerQueue * (60 / 20) * 60 * 730;

/** Resources that cost something each month, by their type. */
const costing: Readonly<Record<string, (properties: unknown) => Standing>> = {
  'AWS::KMS::Key': () => ({ 'kms-key': 1 }),
  'AWS::CloudWatch::Alarm': (properties) => {
    const { Metrics: metrics } = v.parse(alarmSchema, properties);
    return { alarm: metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1 };
  },
  'AWS::CloudWatch::Dashboard': () => ({ dashboard: 1 }),
  'AWS::SecretsManager::Secret': () => ({ secret: 1 }),
  // A mapping that has a place to start at follows a stream, which costs nothing.
  'AWS::Lambda::EventSourceMapping': (properties) =>
    v.parse(mappingSchema, properties).StartingPosition === undefined ? { 'sqs-poll': idlePolls } : {},
  'AWS::EC2::NatGateway': () => ({ 'nat-gateway': 1 }),
  'AWS::EC2::EIP': () => ({ 'public-address': 1 }),
  'AWS::EC2::VPCEndpoint': (properties) => {
    const { VpcEndpointType: type, SubnetIds: subnets } = v.parse(endpointSchema, properties);
    return type === 'Interface' ? { 'endpoint-zone': subnets.length } : {};
  },
};

/** What the resources of templates cost each month. @param templates of CloudFormation, parsed */
export function standingIn(templates: readonly unknown[]): StandingLine[] {
  const resources = templates.flatMap((each) => Object.values(v.parse(templateSchema, each).Resources));
  const counts = new Map<MonthlyPriceName, number>([
    ['metric', assumptions.ownMetrics + routeMetrics(resources)],
  ]);
  for (const { Type: type, Properties: properties } of resources) {
    const found = Object.hasOwn(costing, type) ? costing[type]?.(properties) : undefined;
    for (const [name, count] of Object.entries(found ?? {})) {
      if (isMonthly(name)) counts.set(name, (counts.get(name) ?? 0) + count);
    }
  }
  return [...counts]
    .map(([name, count]) => ({
      name,
      unit: monthlyPrices[name].unit,
      count,
      usd: monthlyPrices[name].usd * count,
    }))
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.usd - one.usd);
}

/** Where API Gateway counts each route by itself, each of its metrics is billed as one of our own. */
function routeMetrics(resources: readonly { Type: string; Properties: object }[]): number {
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type);
  const detailed = ofType('AWS::ApiGatewayV2::Stage').some(
    ({ Properties }) =>
      v.parse(stageSchema, Properties).DefaultRouteSettings?.DetailedMetricsEnabled === true,
  );
  return detailed ? ofType('AWS::ApiGatewayV2::Route').length * assumptions.metricsPerRoute : 0;
}

function isMonthly(name: string): name is MonthlyPriceName {
  return Object.hasOwn(monthlyPrices, name);
}
