import { type CfnResource, Stack } from 'aws-cdk-lib';
import { CfnGlobalTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnManagedPolicy, CfnPolicy, CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { CfnBucketPolicy } from 'aws-cdk-lib/aws-s3';
import { CfnTopicPolicy } from 'aws-cdk-lib/aws-sns';
import { CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';

/** A statement of a policy, as it will stand in the template. */
export interface WrittenStatement {
  effect: string;
  actions: readonly string[];
  /** Each as text: what is filled in later, as JSON. */
  resources: readonly string[];
  /** Operator, then condition key, then values. */
  conditions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Whether it stands in the policy of a key, a queue and so on, where `*` means just that. */
  ofResource: boolean;
}

/** The statements that a resource of the template brings, whatever kind of policy it is; none for other resources. */
export function statementsOf(node: CfnResource): WrittenStatement[] {
  const stack = Stack.of(node);
  const own = resourcePolicies(node).map((document) => written(stack.resolve(document), true));
  const ofRoles = identityPolicies(node).map((document) => written(stack.resolve(document), false));
  return [...own, ...ofRoles].flat();
}

function resourcePolicies(node: CfnResource): unknown[] {
  if (node instanceof CfnKey) return [node.keyPolicy];
  if (node instanceof CfnGlobalTable) {
    const replicas: unknown = Stack.of(node).resolve(node.replicas);
    return Array.isArray(replicas) ? replicas.flatMap((replica) => policiesIn(replica)) : [];
  }
  const others = [CfnBucketPolicy, CfnQueuePolicy, CfnTopicPolicy];
  if (!others.some((kind) => node instanceof kind)) return [];
  return 'policyDocument' in node ? [node.policyDocument] : [];
}

/** Of a table, and of its stream. */
function policiesIn(replica: unknown): unknown[] {
  const own = at(at(replica, 'resourcePolicy'), 'policyDocument');
  const ofStream = at(at(at(replica, 'replicaStreamSpecification'), 'resourcePolicy'), 'policyDocument');
  return [own, ofStream].filter((document) => document !== undefined);
}

function identityPolicies(node: CfnResource): unknown[] {
  if (node instanceof CfnPolicy || node instanceof CfnManagedPolicy) return [node.policyDocument];
  if (!(node instanceof CfnRole)) return [];
  const policies: unknown = Stack.of(node).resolve(node.policies);
  return Array.isArray(policies) ? policies.map((policy) => at(policy, 'policyDocument')) : [];
}

function written(document: unknown, ofResource: boolean): WrittenStatement[] {
  const statements = listOf(at(document, 'Statement'));
  return statements.map((statement) => ({
    effect: String(at(statement, 'Effect')),
    actions: listOf(at(statement, 'Action')).map(asText),
    resources: listOf(at(statement, 'Resource')).map(asText),
    conditions: conditionsIn(at(statement, 'Condition')),
    ofResource,
  }));
}

function conditionsIn(conditions: unknown): WrittenStatement['conditions'] {
  if (!isRecord(conditions)) return {};
  return Object.fromEntries(
    Object.entries(conditions).map(([operator, keys]) => [operator, isRecord(keys) ? keys : {}]),
  );
}

function at(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** A reference to something that the template makes is spelled `<ID.Arn>`; its stars, if any, are not known here. */
function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  const joined = at(value, 'Fn::Join');
  if (Array.isArray(joined)) return listOf(joined[1]).map(asText).join(String(joined[0]));
  const attribute = at(value, 'Fn::GetAtt');
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  return `<${String(at(value, 'Ref') ?? JSON.stringify(value))}>`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
